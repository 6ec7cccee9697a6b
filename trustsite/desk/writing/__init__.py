"""The writing page: what every change form of the desk does so that nothing typed is lost.

One mixin for a model's admin (`WritingMixin`): each opened form keeps a draft of its own, a save joins
what others saved meanwhile, and who else has the page open is shown. Knows no app.
"""

"""Every mail that is sent: texts, samples, previews, the guide.

Imports models; everything above may import it.
"""

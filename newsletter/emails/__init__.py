"""Every e-mail that is sent: its registry, texts, samples, previews, the guide.

Imports models and what stands below; outbox and everything above may import it.
"""

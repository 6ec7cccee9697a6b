"""What a refusal or a returned mail means, what it does to an address, and the signed address that
returned mail comes back to.

Imports emails and below; the outbox and what is above may import it.
"""

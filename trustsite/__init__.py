"""The project: settings, addresses, system checks, the admin's dashboard and roles.

`web/` holds what every request passes. The apps may import all but settings, urls and commands.
"""

"""How the tests of the door log in."""

PASSWORD = "a long way round the lake"


def log_in(client, name="editor", password=PASSWORD, **more):
    return client.post("/admin/login/", {"username": name, "password": password} | more)

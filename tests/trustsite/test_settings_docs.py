"""The documents of the settings say what the settings are."""

from trustsite.configuration import settings_docs


def test_the_operators_table_is_the_list_of_settings():
    assert settings_docs.GUIDE.read_text() == settings_docs.guide(), (
        "run manage.py document_settings"
    )


def test_the_example_file_is_the_list_of_settings():
    assert settings_docs.EXAMPLE.read_text() == settings_docs.example(), (
        "run manage.py document_settings"
    )

"""Pictures in an object store that speaks S3: what one machine uploads, another serves, from this site's own address."""

import boto3
import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from tests.factories import make_picture
from trustsite.web.media_storage import ObjectStorage


@pytest.fixture(scope="module")
def service():
    """A server that speaks S3, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    login = {
        "aws_access_key_id": "key",
        "aws_secret_access_key": "secret",
        "region_name": "eu-west-1",
    }
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address, **login)
    client.create_bucket(
        Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    yield address, client
    server.stop()


@pytest.fixture
def store(settings, service):
    """The settings of a site whose media are there."""
    options = {
        "bucket_name": "pictures",
        "endpoint_url": service[0],
        "region_name": "eu-west-1",
        "access_key": "key",
        "secret_key": "secret",
        "file_overwrite": True,
    }
    backend = "trustsite.web.media_storage.ObjectStorage"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    return options


@pytest.mark.django_db
def test_a_picture_of_one_machine_is_served_by_another(store, client, service, settings):
    picture = make_picture()
    name = picture.original.name
    kept = {item["Key"] for item in service[1].list_objects_v2(Bucket="pictures")["Contents"]}
    assert name in kept
    assert len(kept) > 1  # and its smaller sizes
    settings.STORAGES = dict(settings.STORAGES)  # as another machine: connections of its own
    answer = client.get(f"/media/{name}")
    assert answer.status_code == 200
    assert answer.content == service[1].get_object(Bucket="pictures", Key=name)["Body"].read()
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_readers_load_nothing_from_the_store_itself(store):
    assert storages["default"].url("pictures/a.webp") == "/media/pictures/a.webp"
    assert isinstance(storages["default"], ObjectStorage)


@pytest.mark.django_db
def test_what_is_not_there_is_a_page_that_says_so(store, client):
    assert client.get(f"/media/pictures/{'0' * 20}.webp").status_code == 404

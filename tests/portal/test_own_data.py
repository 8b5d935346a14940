"""A customer's download of their data …"""

from loyalty.core.models import AuditEntry


def test_is_a_file_of_their_own(signed_in, alice):
    page = signed_in.get("/portal/profile/").content.decode()
    assert 'action="/portal/my-data/"' in page

    answer = signed_in.post("/portal/my-data/", REMOTE_ADDR="203.0.113.5")

    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer.json()["customer"]["email"] == alice.email
    entry = AuditEntry.objects.get(event_type="DownloadCustomerData")
    assert (entry.actor_id, entry.ip_address) == (str(alice.uuid), "203.0.113.5")


def test_is_for_nobody_who_is_not_signed_in(client, alice):
    answer = client.post("/portal/my-data/")

    assert (answer.status_code, answer["Location"]) == (302, "/portal/sign-in/")
    assert not AuditEntry.objects.filter(event_type="DownloadCustomerData").exists()

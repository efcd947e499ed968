"""What needs Python: NetBox's user and tokens, a certificate, and waiting for the API."""

import datetime
import ipaddress
import os
import pathlib
import secrets
import ssl
import string
import sys
import time
import urllib.request


def certificate(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if (folder / "server.pem").exists():
        return
    now = datetime.datetime.now(datetime.timezone.utc)

    def builder(name, issuer, key, ca):
        common = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        return (
            x509.CertificateBuilder()
            .subject_name(common)
            .issuer_name(issuer or common)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=90))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )

    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = builder("onprem test CA", None, ca_key, True).sign(ca_key, hashes.SHA256())
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = (
        builder("localhost", ca.subject, key, False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(folder / "server.key", "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(private)
    (folder / "ca.pem").write_bytes(ca.public_bytes(encoding))
    (folder / "server.pem").write_bytes(server.public_bytes(encoding))


def tokens():
    import django

    django.setup()
    from users.models import Token, User

    def letters(count):
        return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))

    user = User.objects.filter(username="admin").first()
    if user is None:
        user = User.objects.create_superuser("admin", "admin@example.com", letters(40))
    Token.objects.filter(user=user).delete()
    first, key, second = secrets.token_hex(20), letters(12), letters(40)
    Token.objects.create(user=user, version=1, token=first)
    Token.objects.create(user=user, version=2, key=key, token=second)
    print(first)
    print(f"nbt_{key}.{second}")


def wait(ca, url, token):
    context = ssl.create_default_context(cafile=ca)
    request = urllib.request.Request(f"{url}/api/status/", headers={"Authorization": f"Token {token}"})
    until = time.monotonic() + 300
    while True:
        try:
            urllib.request.urlopen(request, context=context, timeout=60).read()
            return
        except OSError as error:
            if time.monotonic() > until:
                sys.exit(f"{url} does not answer: {error}")
            time.sleep(0.2)


if sys.argv[1] == "set-up":
    certificate(pathlib.Path(sys.argv[2]))
    tokens()
else:
    wait(*sys.argv[2:])

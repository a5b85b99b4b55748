"""What the tests of the admin API share: accounts, a folder of UI files, a signed-in browser."""

import gzip

USER, PASSWORD = "alice", "correct horse battery"
VIEWER, VIEWER_PASSWORD = "victor", "only looking around"
ACCOUNTS = {
    "ADMIN_USER": USER, "ADMIN_PASSWORD": PASSWORD,
    "ADMIN_VIEWER_USER": VIEWER, "ADMIN_VIEWER_PASSWORD": VIEWER_PASSWORD,
}
HASH = "0123456789abcdef0123456789abcdef"
PAGE = f'<!doctype html><title>t</title><script type="module" src="/admin/assets/{HASH}/js/main.js"></script>'
SCRIPT = "export const numbers = [" + ",".join(map(str, range(500))) + "];\n"


def lay_out(top):
    """A folder as the build lays it out, with a secret beside it."""
    folder = top / "web" / "assets" / HASH / "js"
    folder.mkdir(parents=True)
    (top / "secret.txt").write_text("secret")
    (top / "web" / "index.html").write_text(PAGE)
    (folder / "main.js").write_text(SCRIPT)
    (folder / "main.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "main.js.br").write_bytes(b"brotli")
    (top / "web" / "link.txt").symlink_to(top / "secret.txt")
    return top / "web"


class Session:
    """A signed-in browser, as far as the API sees it."""

    def __init__(self, proxy, user=USER, password=PASSWORD, document=None):
        self.proxy = proxy
        answer = proxy.call("POST", "/admin/session", body=document or {"username": user, "password": password})
        assert answer.status == 200, answer
        self.document = answer.json()
        self.set_cookie = answer.headers.get("set-cookie")
        self.cookie = self.set_cookie.split(";")[0]

    def call(self, method, path, body=None, csrf=True, **headers):
        fields = {"Cookie": self.cookie} | headers
        if csrf and method != "GET":
            fields["X-CSRF-Token"] = self.document["csrf_token"]
        return self.proxy.call(method, path, fields, body)


def manage(proxy, path):
    """What the management API answers to the holder of the management token."""
    return proxy.management.call("GET", path, expect=200).json()

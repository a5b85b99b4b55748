"""The management API as a script would use it."""

import uuid

PROVIDER_KEY = "sk-provider-key-0123456789abcdef"


class Management:
    def __init__(self, proxy):
        self.proxy = proxy

    def call(self, method, path, body=None, expect=None):
        headers = {"Authorization": f"Bearer {self.proxy.management_token}"}
        answer = self.proxy.call(method, path, headers, body)
        if expect is not None:
            assert answer.status == expect, answer
        return answer

    def create_project(self, provider_key=PROVIDER_KEY, name=None):
        body = {"name": name or f"project-{uuid.uuid4().hex[:10]}", "api_key": provider_key}
        return self.call("POST", "/manage/projects", body, expect=201).json()

    def create_token(self, project=None, **limits):
        """A token that lives an hour unless `limits` say otherwise; its project is made when none is given."""
        project = project or self.create_project()
        body = {"project_id": project["id"]} | limits
        if not {"duration_minutes", "duration_hours", "expires_in", "expires_at", "never"} & set(limits):
            body["duration_minutes"] = 60
        return self.call("POST", "/manage/tokens", body, expect=201).json()

    def access_token(self, **limits):
        """The secret of a new token of a new project."""
        return self.create_token(**limits)["token"]

    def token(self, identifier):
        return self.call("GET", f"/manage/tokens/{identifier}", expect=200).json()

    def change_token(self, identifier, **changes):
        return self.call("PATCH", f"/manage/tokens/{identifier}", changes, expect=200).json()

    def revoke(self, identifier):
        self.call("DELETE", f"/manage/tokens/{identifier}", expect=204)

    def change_project(self, identifier, **changes):
        return self.call("PATCH", f"/manage/projects/{identifier}", changes, expect=200).json()

"""The holder of an access token, who has nothing else."""


class Holder:
    def __init__(self, proxy, secret):
        self.proxy, self.secret = proxy, secret

    def call(self, method, path, body=None, expect=None, headers=None):
        answer = self.proxy.call(method, path, headers, body, token=self.secret)
        if expect is not None:
            assert answer.status == expect, answer
        return answer

    def look(self):
        """What /self says."""
        return self.call("GET", "/self", expect=200).json()

    def mint(self, **fields):
        """A child, as the answer shows it."""
        return self.call("POST", "/self/tokens", fields, expect=201).json()

    def child(self, **fields):
        return Holder(self.proxy, self.mint(**fields)["token"])

    def refused(self, status, code, **fields):
        """The refusal of a child."""
        answer = self.call("POST", "/self/tokens", fields)
        assert (answer.status, answer.json()["code"]) == (status, code), answer
        return answer.json()

    def models(self):
        """One request that counts."""
        return self.proxy.call("GET", "/v1/models", token=self.secret)

#!/usr/bin/env python3
"""Sends a known set of messages through the published Python SDK:  send.py <endpoint> <write key> [gzip]

Prints one JSON line {"sdk","user","tracks","messages","errors"}. The SDK carries the write key in the body, takes only
status 200 as success, and reads `code` and `message` of an error body.
"""

import json
import sys

from segment.analytics.client import Client

TRACKS = 230  # more than two of the SDK's batches of 100


def main():
    endpoint, write_key = sys.argv[1:3]
    user, errors = "sdk-python", []
    client = Client(
        write_key,
        host=endpoint,
        gzip="gzip" in sys.argv[3:],
        max_retries=1,
        on_error=lambda error, batch: errors.append(f"{len(batch)} messages: {error}"),
    )
    client.identify(user, {"email": "sdk-python@example.com", "name": "测试用户", "plan": "gold"})
    for n in range(TRACKS):
        client.track(user, "SDK Tested", {"n": n, "price": 12.5, "title": "茶叶 🍵", "nested": {"list": [1, None, True]}})
    client.page(user, "docs", "Start", {"url": "http://example.com/start"})
    client.screen(user, "app", "Home")
    client.group(user, "store-1", {"city": "上海"})
    client.alias("sdk-python-before", user)
    client.flush()
    client.join()
    print(json.dumps({"sdk": "python", "user": user, "tracks": TRACKS, "messages": TRACKS + 5, "errors": errors}))
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()

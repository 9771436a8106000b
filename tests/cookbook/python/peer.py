"""A peer that reads and writes Redis Streams the way Python's Repid does: the same commands of the same client library,
the same names, fields and settlements. It is not Python's Repid, which can only be had from PyPI."""
import base64
import json
import os
import sys
import uuid

import redis

TEXT = "utf-8"
client = redis.Redis.from_url(sys.argv[1])
channel = sys.argv[2]
stream, group, dead = f"repid:{channel}", f"repid:{channel}:group", f"repid:{channel}:dlq"


def publish(to, payload, headers=None, content_type=None, reply_to=None):
    fields = {"payload": payload}
    if headers:
        fields["headers"] = json.dumps(headers)
    if content_type:
        fields["content_type"] = content_type
    if reply_to:
        fields["reply_to"] = reply_to
    client.xadd(f"repid:{to}", fields, id="*", nomkstream=False)


def say(**what):
    print(json.dumps(what), flush=True)


def produce():
    """Lines of JSON from standard input: payload (base64), and what else there is to a message."""
    for line in sys.stdin:
        message = json.loads(line)
        publish(channel, base64.b64decode(message.pop("payload")), **message)


def consume(count):
    """Handles so many messages of the group, as its first header `do` says, and tells of each what it saw."""
    try:
        client.xgroup_create(stream, group, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    consumer = f"repid-{uuid.uuid4().hex[:8]}"
    say(ready=consumer)
    while count > 0:
        for _, entries in client.xreadgroup(group, consumer, {stream: ">"}, count=1, block=5_000) or []:
            for entry_id, fields in entries:
                handle(entry_id, fields)
                count -= 1


def handle(entry_id, fields):
    raw = fields.get(b"headers")
    headers = json.loads(raw.decode(TEXT)) if raw else None
    content_type = fields.get(b"content_type", b"").decode(TEXT)
    reply_to = fields.get(b"reply_to", b"").decode(TEXT)
    if content_type not in ("application/json", ""):
        raise ValueError(f"Python's Repid refuses the content type {content_type}")
    if not all(isinstance(value, str) for value in (headers or {}).values()):
        raise ValueError("Python's Repid wants headers that are text")
    payload = fields.get(b"payload", b"")
    say(
        fields=[[name.decode(TEXT), base64.b64encode(value).decode()] for name, value in fields.items()],
        value=json.loads(payload) if payload else None,
        headers=headers,
    )
    action = (headers or {}).get("do", "ack")
    if reply_to:
        publish(reply_to, json.dumps({"from": "python"}, separators=(",", ":")).encode(), {"topic": "reply"},
                "application/json")
    with client.pipeline(transaction=True) as pipeline:
        if action == "nack":
            pipeline.xadd(dead, {**fields, b"original_stream": stream, b"original_id": entry_id})
        if action == "reject":
            again = {**fields, b"headers": json.dumps({**headers, "do": "ack"})}
            pipeline.xadd(stream, again)
        pipeline.xack(stream, group, entry_id)
        pipeline.execute()


if sys.argv[3] == "produce":
    produce()
else:
    consume(int(sys.argv[4]))
client.close()
os._exit(0)

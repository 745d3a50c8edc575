#!/usr/bin/python3
"""What one writes in an afternoon instead of a hub: takes gzipped NDJSON by POST, merges it into SQLite, says 200.

usage: upsert_receiver.py DATABASE PORT

One transaction a POST, durable before the answer (WAL, synchronous=FULL); a field that a row does not state stays.
"""
import gzip
import http.server
import json
import sqlite3
import sys

FIELDS = ("unit", "procedure", "channel", "status", "received_at", "due_at", "finished_at", "returned_at", "fee",
          "paid", "rating", "input_digitised", "result_digitised", "changed_at")
UPSERT = (f"INSERT INTO dossier (code, {', '.join(FIELDS)}) VALUES (?{', ?' * len(FIELDS)})"
          " ON CONFLICT (code) DO UPDATE SET "
          + ", ".join(f"{name} = coalesce(excluded.{name}, {name})" for name in FIELDS))


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    db = None

    def do_POST(self):
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        rows = map(json.loads, body.splitlines())
        with self.db:
            self.db.executemany(UPSERT, ((r["code"], *map(r.get, FIELDS)) for r in rows))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass  # nobody reads it


def main():
    Receiver.db = sqlite3.connect(sys.argv[1])
    Receiver.db.execute("PRAGMA journal_mode = WAL")
    Receiver.db.execute("PRAGMA synchronous = FULL")
    Receiver.db.execute(f"CREATE TABLE dossier (code TEXT PRIMARY KEY, {', '.join(FIELDS)}) WITHOUT ROWID")
    server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Receiver)
    print("listening on", sys.argv[2], file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

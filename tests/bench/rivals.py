"""Other ways to bring the same changes to the province, set up by the bench itself: what `drain` stands beside."""
import contextlib
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import time

import place
from figures import Failed

CHANGES_A_POST = 5_000
HERE = pathlib.Path(__file__).resolve().parent
FIELDS = {"unit": "text", "procedure": "text", "channel": "text", "status": "text", "received_at": "timestamptz",
          "due_at": "timestamptz", "finished_at": "timestamptz", "returned_at": "timestamptz", "fee": "int",
          "paid": "text", "rating": "int", "input_digitised": "bool", "result_digitised": "bool",
          "changed_at": "timestamptz"}
NGINX = """daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{}}
http {{
	access_log off;
	client_max_body_size 64m;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	server {{
		listen 127.0.0.1:{port} ssl;
		ssl_certificate {certificate};
		ssl_certificate_key {key};
		location / {{ proxy_pass http://127.0.0.1:{behind}; }}
	}}
}}
"""


def program(name):
    """Its path, or None; servers are not on everybody's."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")


def missing(*programs):
    """Why a rival cannot be measured here, or None."""
    absent = [name for name in programs if program(name) is None]
    return f"skipped: {', '.join(absent)} not installed" if absent else None


def wait_for_port(port, process):
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Failed(f"{process.args[0]} does not listen")


@contextlib.contextmanager
def beside(arguments, port):
    """A server in the background, from when it listens."""
    process = subprocess.Popen([str(a) for a in arguments], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        place.end(process)


class Curl:
    """Split, gzip and curl to a Python script with SQLite behind nginx: 20 POSTs over one TLS connection."""

    name = "split + gzip + curl, nginx, Python and SQLite"
    limit = 1.0  # of a drain's seconds beside its own

    def __init__(self, folder, certificate, key):
        self.folder, self.certificate, self.key = folder, certificate, key
        self.lacks = missing("nginx", "curl", "gzip", "split")

    def serving(self):
        return contextlib.nullcontext()  # set up for every run

    def send(self, export, port):
        parts = self.folder / "parts"
        parts.mkdir()
        place.command(["split", "-l", CHANGES_A_POST, export, parts / "part."])
        names = sorted(parts.iterdir())
        place.command(["gzip", *names])
        arguments = []
        for name in names:
            arguments += ["--next"] if arguments else []
            # Whose certificate it is costs nothing here: one that is not looked at is the faster rival.
            arguments += ["--silent", "--fail", "--insecure", "--data-binary", f"@{name}.gz",
                          f"https://127.0.0.1:{port}/"]
        place.command(["curl", *arguments])

    def run(self, export, count):
        """Seconds from the sender's start until the last answer."""
        port, behind = place.free_port(), place.free_port()
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder, port=port, behind=behind, key=self.key,
                                                             certificate=self.certificate), encoding="utf-8")
        database = self.folder / "received.db"
        receiver = [sys.executable, HERE / "upsert_receiver.py", database, behind]
        nginx = [program("nginx"), "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", "stderr"]
        with beside(receiver, behind), beside(nginx, port):
            taken = place.timed(lambda: self.send(export, port))
        with contextlib.closing(sqlite3.connect(database)) as db:
            if db.execute("SELECT count(*) FROM dossier").fetchone() != (count,):
                raise Failed("the receiver behind curl has not every dossier")
        shutil.rmtree(self.folder / "parts")
        for name in self.folder.glob("received.db*"):
            name.unlink()
        return taken


class Postgres:
    """psql: \\copy into a table beside, then one upsert of the dossiers merged from it, in one transaction."""

    name = "psql COPY + upsert"
    limit = None

    def __init__(self, folder, certificate, key):
        self.folder, self.certificate, self.key = folder, certificate, key
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.bin = found[-1].parent if found else None
        self.lacks = missing("psql") if found else "skipped: PostgreSQL is not installed"
        # It refuses to run as root; its own account is there with the package. A session of its own would get a share
        # of the processors of its own.
        self.account = (["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
                        if os.geteuid() == 0 else [])
        self.port = place.free_port()

    def prepare(self):
        data = self.folder / "cluster"
        for source, name in ((self.certificate, "server.crt"), (self.key, "server.key")):
            shutil.copy(source, self.folder / name)
        if self.account:
            for path in (self.folder, self.folder / "server.crt", self.folder / "server.key"):
                shutil.chown(path, "postgres")
        (self.folder / "server.key").chmod(0o600)
        place.command([*self.account, self.bin / "initdb", "--pgdata", data, "--username", "postgres", "--encoding",
                       "UTF8", "--no-locale", "--auth", "trust"], cwd=self.folder)
        return [*self.account, self.bin / "postgres", "-D", data, "-k", self.folder, "-p", self.port,
                "-c", "listen_addresses=127.0.0.1", "-c", "ssl=on", "-c", f"ssl_cert_file={self.folder / 'server.crt'}",
                "-c", f"ssl_key_file={self.folder / 'server.key'}"]

    def psql(self, *arguments, script=None):
        line = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1",
                f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres sslmode=require", *arguments]
        return place.command(line, input=script)

    def merge(self, export):
        given = ", ".join(f"(j->>'{name}')::{kind}" for name, kind in FIELDS.items())
        kept = ", ".join(f"{name} = coalesce(excluded.{name}, d.{name})" for name in FIELDS)
        return f"""BEGIN;
\\copy t (j) FROM '{export}' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')
INSERT INTO dossier AS d SELECT code, {given}
FROM (SELECT j->>'code' AS code, merged(j ORDER BY n) AS j FROM t GROUP BY 1) AS one
ON CONFLICT (code) DO UPDATE SET {kept};
COMMIT;
"""

    def tables(self):
        columns = ", ".join(f"{name} {kind}" for name, kind in FIELDS.items())
        return f"""CREATE AGGREGATE merged (jsonb) (SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{{}}');
CREATE TABLE t (n bigserial, j jsonb);
CREATE TABLE dossier (code text PRIMARY KEY, {columns});
"""

    @contextlib.contextmanager
    def serving(self):
        with beside(self.prepare(), self.port):
            yield

    def run(self, export, count):
        """Seconds from psql's start until it has ended."""
        self.psql(script="DROP TABLE IF EXISTS t, dossier; DROP AGGREGATE IF EXISTS merged (jsonb);" + self.tables())
        taken = place.timed(lambda: self.psql(script=self.merge(export)))
        if self.psql("--command", "SELECT count(*) FROM dossier").strip() != str(count):
            raise Failed("PostgreSQL has not every dossier")
        return taken

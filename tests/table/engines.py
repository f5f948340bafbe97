"""The two engines under comparison: ours behind table_server, Amazon's DynamoDB Local. Both on 127.0.0.1, own ports."""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, "
                     "SignedHeaders=host, Signature=00",
    "X-Amz-Date": "20260101T000000Z",
}


class Engine:
    """One engine's HTTP end. `ask` gives (status, headers, body as text)."""

    def __init__(self, name, port, process):
        self.name, self.port, self.process = name, port, process
        self.connection = None

    def ask_raw(self, target, payload, headers=HEADERS):
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                    self.connection.connect()
                    self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connection.request("POST", "/", payload, {**headers, "X-Amz-Target": target})
                response = self.connection.getresponse()
                return response.status, dict(response.getheaders()), response.read().decode()
            except (ConnectionError, http.client.HTTPException):
                self.connection = None
                if attempt == 2:
                    raise

    def ask(self, operation, body):
        status, _, text = self.ask_raw("DynamoDB_20120810." + operation, json.dumps(body))
        return status, json.loads(text) if text else {}

    def stop(self):
        if self.process.stdin:
            self.process.stdin.close()
        else:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server_program():
    """table_server: TANDEM_TABLE_SERVER, or the newest one below build/."""
    if "TANDEM_TABLE_SERVER" in os.environ:
        return os.environ["TANDEM_TABLE_SERVER"]
    built = sorted(HERE.parents[1].glob("build/*/tests/table_server"), key=lambda path: path.stat().st_mtime)
    return str(built[-1]) if built else None


def start_ours(database):
    process = subprocess.Popen([server_program(), database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return Engine("ours", int(process.stdout.readline()), process)


def start_oracle():
    jars = subprocess.run([HERE / "fetch-oracle"], check=True, capture_output=True, text=True).stdout.strip()
    port = free_port()
    process = subprocess.Popen(
        ["java", "-Xmx512m", f"-Djava.library.path={jars}", "-cp", f"{jars}/*",
         "software.amazon.dynamodb.services.local.main.ServerRunner",
         "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir())
    oracle = Engine("oracle", port, process)
    for _ in range(300):
        try:
            if oracle.ask("ListTables", {})[0] == 200:
                return oracle
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("DynamoDB Local did not start")

"""Servers that lie, stall, go on for ever or send people elsewhere, on hosts of the test's own (hosts.py). What they do to an answer is a function."""
import http.client
import http.server
import socketserver
import threading

import hosts


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """One at a port of a host; used with `with`. `answer(request)` answers a request of http.server's."""

    daemon_threads = True

    def __init__(self, host, answer, port=hosts.PORT):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.seen.append(self.path)
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True

            do_POST = do_HEAD = do_GET

            def log_message(self, *words):
                pass

        self.seen = []
        super().__init__((host.address, port), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = host.socket(listen=port)
        self.server_name, self.server_port = host.address, port
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *what):
        self.shutdown()
        self.thread.join()
        self.server_close()

    def handle_error(self, request, address):
        pass  # clients leave in the middle: that is what they are here for


def fetch(request, host, to, port=hosts.PORT, signed=False):
    """The request, passed on from `host` to `to`: status, type, body. Not signed, as anybody may ask: a signature is for the server that was asked."""
    connection = http.client.HTTPConnection(to.address, port)
    connection.sock = host.connect(to, port)
    connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers.items():
        if signed or not name.lower().startswith("signature"):
            connection.putheader(name, value)
    connection.endheaders(request.body)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.getheader("Content-Type", "text/plain"), body


def send(request, status, kind, body):
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)


class Relay(Server):
    """Passes everything on to another host, and does something to the answers: change(path, body) gives another body; act(request) True: it was answered."""

    def __init__(self, host, to, change=None, act=None, signed=False, port=hosts.PORT):
        def answer(request):
            self.heads.append((request.command, request.path, [f"{name}: {value}" for name, value in request.headers.items()], request.body))
            if act is not None and act(request):
                return
            status, kind, body = fetch(request, host, to, signed=signed)
            if change is not None and status in (200, 206):
                body = change(request.path, body)
            send(request, status, kind, body)

        self.heads = []
        super().__init__(host, answer, port)


class Switchboard:
    """One address, several archives: each asker is answered by the process that serves `archives[its address]`."""

    def __init__(self, host, archives):
        self.host, self.archives, self.ports, self.processes = host, archives, {}, []

    def __enter__(self):
        for number, (address, archive) in enumerate(self.archives.items()):
            port = hosts.PORT + 1 + number
            self.processes.append(self.host.start(self.host.network.program, "serve", "--json", "-C", archive, "--listen",
                                                  f"{self.host.address}:{port}", "--name", f"{self.host.address}:{hosts.PORT}"))
            self.processes[-1].stdout.readline()
            self.ports[address] = port

        def answer(request):
            send(request, *fetch(request, self.host, self.host, self.ports[request.client_address[0]], signed=True))

        self.server = Server(self.host, answer).__enter__()
        return self

    def __exit__(self, *what):
        self.server.__exit__()
        for process in self.processes:
            self.host.kill(process)

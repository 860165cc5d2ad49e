#!/usr/bin/env python3
"""A holder that lost everything: passes requests on to another one, but answers polls by itself, and excuses each answer by an expunge entry.

    poll_liar.py URL ENTRY          prints its port"""

import http.server
import sys
import urllib.error
import urllib.request

url, entry = sys.argv[1].rstrip("/"), sys.argv[2]


class Liar(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        try:
            with urllib.request.urlopen(url + self.path) as given:
                self.answer(200, given.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, b"")

    def do_POST(self):
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode().split("\n")[2:-1]
        lines = ["photostat.poll/v1"] + [f"{index} {'0' * 64}" for index in asked]
        lines += [f"expunged {index} {entry}" for index in asked]
        self.answer(200, ("\n".join(lines) + "\n").encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
print(server.server_port, flush=True)
server.serve_forever()

# SPDX-License-Identifier: GPL-3.0-or-later
"""A Twisted application that is given its sockets by systemd, and logs who asked.

    200 GET / (2001:db8:d:407::20) 0.41ms
    200 GET / (192.0.2.20) 0.38ms

HTTP on stream sockets, an echo on datagram sockets; it takes however many of each there are, for whichever family. When
it is told to end it accepts no more, answers what was asked on the connections that it has, and only then goes. What
arrives meanwhile waits in systemd's sockets for the next process, so that a restart refuses and resets no connection.

Runs on Twisted 22.4 and newer: twistd --nodaemon --pidfile= --no_save --python peers.tac
"""

import os
import socket
import time

from twisted.application import service
from twisted.internet import defer, reactor
from twisted.internet.protocol import DatagramProtocol
from twisted.python import log
from twisted.web import http, resource, server

FIRST_DESCRIPTOR = 3
# For how many seconds a connection on which nothing is asked is kept when the application is told to end.
PATIENCE = 2.0


def passed_sockets():
    """The sockets that systemd has passed, each under its FileDescriptorName= (sd_listen_fds(3)).

    Their order says nothing: where they come from several socket units, systemd leaves it open.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    names = os.environ.get("LISTEN_FDNAMES", "").split(":") if count else []
    found = [(name, socket.socket(fileno=FIRST_DESCRIPTOR + number)) for number, name in enumerate(names)]
    for variable in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(variable, None)
    return found


class Hello(resource.Resource):
    """Answers everything with the address of whoever asks."""

    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        seconds = float(request.args.get(b"wait", [b"0"])[0])
        answer = request.getClientAddress().host.encode() + b"\n"
        if not seconds:
            return answer
        # A request that takes its time, to see that a restart waits for it.
        later = reactor.callLater(seconds, lambda: (request.write(answer), request.finish()))
        request.notifyFinish().addErrback(lambda _reason: later.active() and later.cancel())
        return server.NOT_DONE_YET


class Request(server.Request):
    """Knows how long it took."""

    def process(self):
        self.began = time.perf_counter()
        server.Request.process(self)


class Channel(http.HTTPChannel):
    """A connection that says goodbye with its next answer when the application is about to end."""

    def connectionMade(self):
        http.HTTPChannel.connectionMade(self)
        self.site.connections.add(self)

    def connectionLost(self, reason):
        http.HTTPChannel.connectionLost(self, reason)
        self.site.forget(self)

    def checkPersistence(self, request, version):
        if self.site.drained is None:
            return http.HTTPChannel.checkPersistence(self, request, version)
        request.responseHeaders.setRawHeaders(b"connection", [b"close"])
        return False

    def last_answer(self):
        """What is being answered now is the last thing; where nothing is, the next that is asked will be."""
        for request in self.requests:
            # Only here: a channel that is not persistent drops a first request that is yet to come.
            self.persistent = False
            request.responseHeaders.setRawHeaders(b"connection", [b"close"])


class Site(server.Site):
    """The HTTP server, which can be drained."""

    protocol = Channel

    def __init__(self):
        server.Site.__init__(self, Hello(), requestFactory=Request)
        self.connections = set()
        self.drained = None

    def log(self, request):
        took = (time.perf_counter() - request.began) * 1000
        method, uri = request.method.decode("latin-1"), request.uri.decode("latin-1")
        log.msg("%d %s %s (%s) %.2fms" % (request.code, method, uri, request.getClientAddress().host, took))

    def drain(self):
        """Returns a Deferred that fires when the last connection has been closed."""
        self.drained = defer.Deferred()
        for connection in self.connections:
            connection.last_answer()
        reactor.callLater(PATIENCE, self._give_up_idle)
        self._perhaps_done()
        return self.drained

    def forget(self, connection):
        self.connections.discard(connection)
        self._perhaps_done()

    def _give_up_idle(self):
        for connection in list(self.connections):
            if not connection.requests:
                connection.loseConnection()

    def _perhaps_done(self):
        if self.drained is not None and not self.connections and not self.drained.called:
            self.drained.callback(None)


class Echo(DatagramProtocol):
    """Sends each datagram back to whoever sent it."""

    def datagramReceived(self, datagram, address):
        log.msg("ECHO %d bytes (%s)" % (len(datagram), address[0]))
        self.transport.write(datagram, address)


class DualStack(service.Service):
    """Serves on each socket that systemd has passed."""

    def startService(self):
        service.Service.startService(self)
        self.site = Site()
        self.site.startFactory()
        self.ports = [self._serve(name, sock) for name, sock in passed_sockets()]
        if not self.ports:
            raise RuntimeError("systemd has passed no socket: start the socket units of this service first")

    def _serve(self, name, sock):
        with sock:
            log.msg("serving on %s, %s" % (name, sock.getsockname()[:2]))
            # It comes to us blocking, and Twisted would wait in accept() for the next client, deaf to all else.
            sock.setblocking(False)
            # Twisted takes a copy of the descriptor, and systemd has one of its own.
            if sock.type == socket.SOCK_DGRAM:
                return reactor.adoptDatagramPort(sock.fileno(), sock.family, Echo())
            return reactor.adoptStreamPort(sock.fileno(), sock.family, self.site)

    @defer.inlineCallbacks
    def stopService(self):
        yield service.Service.stopService(self)
        # This closes our copy alone: systemd's goes on listening for the next process.
        yield defer.gatherResults([defer.maybeDeferred(port.stopListening) for port in self.ports])
        log.msg("no longer accepting, %d connections open" % len(self.site.connections))
        yield self.site.drain()


application = service.Application("peers")
DualStack().setServiceParent(application)

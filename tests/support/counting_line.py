"""A line on loopback that counts: TCP connections are carried on to another port, and their payload is added up."""
import contextlib
import socket
import threading


class CountingLine:
    """Listens on a port of its own until closed. sent and received are bytes to and from the target."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.sent = self.received = self.connections = 0
        self.lock = threading.Condition()
        self.open = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target_port))
                with self.lock:
                    self.connections += 1
                    self.open += 1
                threading.Thread(target=self.carry_both, args=(near, far), daemon=True).start()

    def carry_both(self, near, far):
        back = threading.Thread(target=self.carry, args=(far, near, "received"), daemon=True)
        back.start()
        self.carry(near, far, "sent")
        back.join()
        near.close()
        far.close()
        with self.lock:
            self.open -= 1
            self.lock.notify_all()

    def carry(self, source, target, counter):
        with contextlib.suppress(OSError):  # either side may go first
            while data := source.recv(65536):
                with self.lock:
                    setattr(self, counter, getattr(self, counter) + len(data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def take(self):
        """What was counted since the last time, once every connection has ended: (bytes sent, received, connections)."""
        with self.lock:
            self.lock.wait_for(lambda: self.open == 0)
            counted = self.sent, self.received, self.connections
            self.sent = self.received = self.connections = 0
        return counted

    def close(self):
        # Closed alone, it would go on listening until somebody comes, with a number that belongs to another by then.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()

#!/usr/bin/python3
"""Networks that lead elsewhere: names that are not found or found wrongly, login pages, middles that read and change,
certificates of any kind, proxies, addresses nobody answers at. Nothing is sent to anybody but the hub's key, nothing
but its signature acknowledges, and the person is told which of these it is."""
import base64
import os
import re
import socket
import ssl
import stat
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import offices, province  # noqa: E402
from support.fault_line import Proxy, listen, page  # noqa: E402

LOGIN = b"<html><title>Please log in</title></html>"
NAME = "hub.example"


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


class FalseLines(offices.BadLines):
    def names(self, office, addresses="", seconds=0):
        """The office's computer finds NAME as told here."""
        library = os.path.join(province.BUILD, "support", "names.so")
        if not os.path.exists(library):
            self.skipTest(f"{library} was not built")
        wrapper = self.path(f"uplink-{office.unit}")
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexport LD_PRELOAD={library} MOTCUA_NAME={NAME} MOTCUA_NAME_SECONDS={seconds}"
                       f" MOTCUA_NAME_ADDRESSES={addresses}\nexec {province.program('motcua-uplink')}\n")
        os.chmod(wrapper, stat.S_IRWXU)
        office.set(uplink=wrapper)

    def test_nw_01_a_name_that_is_not_found(self):
        """Not found, or no answer for 30 s: told as that, within the time for a connection."""
        office = self.office(patience_s=2)
        office.add()
        for seconds in (0, 30):
            self.names(office, seconds=seconds)
            office.through(self.hub, NAME)
            took = office.fails("E-NAME")
            print(f"    no such name after {seconds} s: told after {took:.1f} s")
            self.assertLess(took, 6)
        self.names(office, "127.0.0.1", seconds=0)
        office.sync()
        self.assertArrived(office)

    def test_nw_02_a_name_that_leads_elsewhere(self):
        """Another server answers there, with TLS and all: not a byte of a request reaches it."""
        office = self.office()
        office.add()
        elsewhere = self.middle(key=self.stranger)
        self.names(office, "127.0.0.1")
        office.through(elsewhere, NAME)
        office.fails("E-PIN")
        self.assertEqual((elsewhere.requests, elsewhere.connections > 0), ([], True))
        self.assertIn("E-PIN", office.run("status").out)
        self.assertNothingTwice(office)

    def test_nw_03_login_pages(self):
        """A page or a redirect acknowledges nothing, is not followed, and is called what it is."""
        office = self.office()
        office.add()
        other = self.middle()
        pages = (page(b"200 OK", LOGIN, b"Content-Type: text/html"),
                 page(b"302 Found", b"", b"Location: https://127.0.0.1:%d/login" % other.port),
                 page(b"307 Temporary Redirect", b"", b"Location: https://127.0.0.1:%d/v1/batches" % other.port),
                 page(b"511 Network Authentication Required", LOGIN))
        for wanted, answer in zip(("E-PORTAL", "E-PORTAL", "E-PORTAL", "E-"), pages):
            portal = self.middle(act=lambda *_, answer=answer: answer)
            office.through(portal)
            office.fails(wanted)
            self.assertEqual(office.status()["waiting"], 1)
        self.assertEqual(other.connections, 0)
        # The usual one has a key of its own.
        office.through(self.middle(act=lambda *_: pages[0], key=self.stranger))
        office.fails("E-PIN")
        self.assertNothingTwice(office)

    def test_nw_07_a_middle_that_changes_what_passes(self):
        """Any byte changed on the way there or back: nothing counts, nothing is given up, the stick is named."""
        office = self.office()
        office.add()
        place = {}

        def there(middle, head, body):
            at = place["at"] * (len(body) - 1) // 8
            return middle.pass_on(head, body[:at] + bytes([body[at] ^ 1]) + body[at + 1:])

        def back(middle, head, body):
            answer = middle.pass_on(head, body)
            start = answer.index(b"\r\n\r\n") + 4
            at = start + place["at"] * (len(answer) - start - 1) // 8
            return answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1:]

        office.through(self.middle(act=there))
        for place["at"] in range(9):
            office.fails("E-")
        self.assertEqual(self.received(office), 0)
        self.assertIn("export", office.run("sync", exits=(69,)).err)
        self.assertEqual(office.run("rejected").out.strip(), "")
        office.through(self.middle(act=back))
        for place["at"] in range(9):
            office.fails("E-")
        self.assertEqual(office.status()["waiting"], 1)
        self.assertNothingTwice(office)

    def test_nw_08_a_middle_with_an_authority_of_its_own(self):
        """TLS inspection: whoever vouches for its key, nothing is sent through it; what is entered waits for another line."""
        office = self.office()
        office.add()
        inspector = self.middle(key=self.stranger)
        office.through(inspector)
        office.fails("E-PIN")
        self.assertEqual(inspector.requests, [])
        self.assertNothingTwice(office)

    def test_nw_09_certificates_with_wrong_dates_and_names(self):
        """Turned round by L12: the right key is enough, whatever the certificate says; a wrong one gets nothing."""
        office = self.office()
        for dates, name in (((b"000101000000Z", b"010101000000Z"), None), ((b"400101000000Z", b"490101000000Z"), None),
                            (None, b"wrong.example")):
            office.add()
            office.through(self.middle(certificate=self.certificate(self.hub.data, dates, name)))
            office.sync()
            self.assertArrived(office)
        office.add()
        right_looking = self.middle(key=self.stranger)
        office.through(right_looking)
        office.fails("E-PIN")
        self.assertEqual(right_looking.requests, [])

    def certificate(self, folder, dates, name):
        """The certificate of a data directory with other dates (UTCTime) or another name; the key stays."""
        der = ssl.PEM_cert_to_DER_cert(read(os.path.join(folder, "tls.crt")))
        if dates:
            validity = re.search(rb"(\x17\x0d.{13}|\x18\x0f.{15}){2}", der, re.DOTALL)
            # Each of the form and length it had: the lengths of what they stand in stay.
            fields = b"".join((b"\x18\x0f20" if form == b"\x18" else b"\x17\x0d") + date
                              for form, date in zip((validity[0][:1], validity[1][:1]), dates))
            der = der[:validity.start()] + fields + der[validity.end():]
        if name:
            common = re.search(rb"\x06\x03\x55\x04\x03[\x0c\x13](.)", der, re.DOTALL)
            length = common[1][0]
            der = der[:common.end()] + name[:length].ljust(length, b".") + der[common.end() + length:]
        self.assertNotIn(ssl.DER_cert_to_PEM_cert(der), read(os.path.join(folder, "tls.crt")))
        path = self.path("other.crt")
        with open(path, "w", encoding="ascii") as file:
            file.write(ssl.DER_cert_to_PEM_cert(der))
        return path

    def test_nw_20_an_address_that_is_dead(self):
        """Of two addresses the dead one comes first: the other is tried soon. IPv6 alone works as well."""
        if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("there is no IPv6 here")
        office = self.office(patience_s=4)
        dead = listen("::1")  # once its queue is full it answers nobody
        self.addCleanup(dead.close)
        dead.listen(0)
        for _ in range(3):
            waiting = socket.socket(socket.AF_INET6)
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            waiting.connect_ex(dead.getsockname())
        line = self.line(port=dead.getsockname()[1])
        self.names(office, "::1,127.0.0.1")
        office.through(line, NAME)
        office.add()
        start = time.monotonic()
        office.sync()
        took = time.monotonic() - start
        print(f"    with a dead IPv6 address before it: {took:.1f} s")
        self.assertLess(took, 3)
        office.through(self.line(host="::1"), "[::1]")
        office.add()
        office.sync()
        self.assertArrived(office)

    def test_nw_21_proxies(self):
        """Only the one of the settings is used; one that wants a login is named as that; with it all goes through."""
        office = self.office()
        office.through(self.hub)
        office.add()
        closed = Proxy(login=base64.b64encode(b"commune:secret"))
        self.addCleanup(closed.close)
        office.set(proxy=f"127.0.0.1:{closed.port}")
        office.fails("E-PROXY-LOGIN")
        self.assertTrue(closed.asked[0].startswith(b"CONNECT 127.0.0.1:"))
        opened = Proxy()
        self.addCleanup(opened.close)
        office.set(proxy=f"127.0.0.1:{opened.port}")
        office.sync()
        self.assertEqual(len(opened.asked), 1)
        self.assertArrived(office)
        opened.close()
        office.add()
        office.fails("E-PROXY")
        province.ELSEWHEN.update(https_proxy=f"http://127.0.0.1:{closed.port}", ALL_PROXY="http://127.0.0.1:1")
        self.addCleanup(province.ELSEWHEN.clear)
        office.set(proxy="")
        asked = len(closed.asked)
        office.sync()
        self.assertEqual(len(closed.asked), asked)
        self.assertArrived(office)


if __name__ == "__main__":
    province.main()

"""CDDL (RFC 8610), as much of it as protocol/wire.cddl uses, and whether an item keeps to a rule of it.

A type is a tuple whose first part says what it is: ("range", low, high), ("type", name), ("size", name, low, high),
("cbor", type), ("tag", number, type), ("array", group), ("map", group), ("choice", types) or ("rule", name,
arguments). A group is a list of (least, most, key, type); a key is None, a number or a type. A group that stands
inside of another, by name or in parentheses, is ("group", group).
"""
import io
import re

import cbor2

TOKEN = re.compile(r"\s+|;[^\n]*|(?P<token>#6\.\d+|\.\.|=>|\.[a-z]+|-?\d+|[A-Za-z][\w-]*|[][{}()<>,:*+?&/=])")
PLAIN = {"int", "bytes", "text", "bool"}
MANY = 1 << 64


class Refused(Exception):
    """Bytes that are not one deterministic item, or an item that does not keep to the rule."""


def need(condition, what):
    if not condition:
        raise Refused(what)


# --- reading CDDL ---

class Reader:
    def __init__(self, text):
        self.tokens, self.at = [], 0
        place = 0
        while place < len(text):
            found = TOKEN.match(text, place)
            if not found:
                raise ValueError(f"no CDDL: {text[place:place + 40]!r}")
            if found["token"]:
                self.tokens.append(found["token"])
            place = found.end()

    def ahead(self, steps=0):
        place = self.at + steps
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.ahead()
        if not token or expected not in (None, token):
            raise ValueError(f"{expected} expected, not {token!r}")
        self.at += 1
        return token

    def maybe(self, token):
        if self.ahead() != token:
            return False
        self.at += 1
        return True

    def rules(self):
        rules = {}
        while self.ahead():
            name, parameters = self.take(), []
            if self.maybe("<"):
                parameters.append(self.take())
                self.take(">")
            self.take("=")
            if name in rules:
                raise ValueError(f"{name} stands twice")
            rules[name] = (parameters, self.group_or_type())
        return rules

    def group_or_type(self):
        if self.maybe("("):
            return ("group", self.group(")"))
        return self.type()

    def type(self):
        types = [self.one_type()]
        while self.maybe("/"):
            types.append(self.one_type())
        flat = [inner for t in types for inner in (t[1] if t[0] == "choice" else [t])]
        return ("choice", flat) if len(flat) > 1 else flat[0]

    def one_type(self):
        token = self.take()
        if re.fullmatch(r"-?\d+", token):
            return ("range", int(token), int(self.take()) if self.maybe("..") else int(token))
        if token == "[":
            return ("array", self.group("]"))
        if token == "{":
            return ("map", self.group("}"))
        if token == "&":
            self.take("(")
            return ("choice", [entry[3] for entry in self.group(")")])
        if token.startswith("#6."):
            self.take("(")
            inner = self.type()
            self.take(")")
            return ("tag", int(token[3:]), inner)
        return self.named(token)

    def named(self, name):
        if name not in PLAIN:
            arguments = []
            if self.maybe("<"):
                arguments.append(self.type())
                self.take(">")
            return ("rule", name, arguments)
        if self.maybe(".cbor"):
            return ("cbor", self.one_type())
        if self.maybe(".size"):
            if not self.maybe("("):
                size = int(self.take())
                return ("size", name, size, size)
            low = int(self.take())
            self.take("..")
            high = int(self.take())
            self.take(")")
            return ("size", name, low, high)
        return ("type", name)

    def occurrence(self):
        if self.maybe("?"):
            return 0, 1
        if self.maybe("+"):
            return 1, MANY
        least = int(self.take()) if self.ahead(1) == "*" else 0
        if not self.maybe("*"):
            return 1, 1
        return least, int(self.take()) if self.ahead().isdigit() and self.ahead(1) != ":" else MANY

    def group(self, closing):
        entries = []
        while not self.maybe(closing):
            least, most = self.occurrence()
            key, kind = None, None
            if self.maybe("("):
                kind = ("group", self.group(")"))
            elif self.ahead(1) == ":":
                key = self.take()
                key = int(key) if key.isdigit() else None
                self.take(":")
            if kind is None:
                kind = self.type()
            if self.maybe("=>"):
                key, kind = kind, self.type()
            entries.append((least, most, key, kind))
            self.maybe(",")
        return entries


def parse(text):
    return Reader(text).rules()


# --- items ---

def read_first(data):
    """-> (the first item of the bytes, which must be in its deterministic form, and where it ends)"""
    stream = io.BytesIO(data)
    try:
        item = cbor2.CBORDecoder(stream).decode()
        again = cbor2.dumps(item, canonical=True)
    except Exception as why:  # A decoder of others: whatever it raises, it has not read an item.
        raise Refused(f"no CBOR: {type(why).__name__}") from None
    need(data[:stream.tell()] == again, "not in deterministic form")
    return item, stream.tell()


def read(data):
    item, end = read_first(data)
    need(end == len(data), "bytes behind the item")
    return item


# --- holding one against the other ---

class Rules:
    def __init__(self, rules):
        self.rules = rules

    def require(self, name, item, *arguments):
        self.match(("rule", name, [("rule", a, []) for a in arguments]), item, {})

    def resolve(self, kind, bound):
        """-> the type a name stands for, and what its own parameter stands for"""
        while kind[0] == "rule":
            name, arguments = kind[1], kind[2]
            if name in bound:
                kind, bound = bound[name]
                continue
            parameters, body = self.rules[name]
            kind, bound = body, dict(zip(parameters, ((a, bound) for a in arguments)))
        return kind, bound

    def match(self, kind, item, bound):
        kind, bound = self.resolve(kind, bound)
        getattr(self, "match_" + kind[0])(kind, item, bound)

    def fits(self, kind, item, bound):
        try:
            self.match(kind, item, bound)
        except Refused:
            return False
        return True

    def match_range(self, kind, item, _bound):
        need(type(item) is int and kind[1] <= item <= kind[2], f"{item!r:.40} is not in {kind[1]}..{kind[2]}")

    def match_type(self, kind, item, _bound):
        need(type(item) is {"int": int, "bytes": bytes, "text": str, "bool": bool}[kind[1]], f"no {kind[1]}")
        need(kind[1] != "int" or -1 << 64 <= item < 1 << 64, "no int of CBOR")

    def match_size(self, kind, item, bound):
        self.match_type(kind, item, bound)
        length = len(item.encode() if kind[1] == "text" else item)
        need(kind[2] <= length <= kind[3], f"{length} bytes")

    def match_cbor(self, kind, item, bound):
        need(type(item) is bytes, "no bytes")
        self.match(kind[1], read(item), bound)

    def match_tag(self, kind, item, bound):
        need(type(item) is cbor2.CBORTag and item.tag == kind[1], f"no tag {kind[1]}")
        self.match(kind[2], item.value, bound)

    def match_choice(self, kind, item, bound):
        need(any(self.fits(one, item, bound) for one in kind[1]), f"{item!r:.40} is none of the choices")

    def match_array(self, kind, item, bound):
        need(type(item) is list, "no array")
        need(self.items(kind[1], item, 0, bound) == len(item), "items too many")

    def items(self, group, array, at, bound):
        """-> how far the group reaches from `at`; an entry takes what it can"""
        for least, most, _key, kind in group:
            count = 0
            while count < most:
                after = self.one_item(kind, array, at, bound)
                if after is None:
                    break
                at, count = after, count + 1
            need(count >= least, "an item is missing, or another than it should be")
        return at

    def one_item(self, kind, array, at, bound):
        resolved, inner = self.resolve(kind, bound)
        if resolved[0] != "group":
            return at + 1 if at < len(array) and self.fits(resolved, array[at], inner) else None
        try:
            return self.items(resolved[1], array, at, inner)
        except Refused:
            return None

    def match_map(self, kind, item, bound):
        need(type(item) is dict, "no map")
        left = dict(item)
        for least, most, key, value in kind[1]:
            keys = [k for k in left if (k == key if type(key) is int else self.fits(key, k, bound))]
            need(least <= len(keys) <= most, f"key {key}")
            for k in keys:
                self.match(value, left.pop(k), bound)
        need(not left, f"keys {list(left)} too many")

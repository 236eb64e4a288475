#!/usr/bin/env python3
"""A small loudspeaker that speaks Tongsheng's terminal wire (docs/wire.md), as an example.

It shares no code with the platform: the standard library, and paho-mqtt for MQTT 3.1.1. It joins,
proves what it is told, plays and answers. A device for the street adds what wire.md asks besides:
polygons and circles, precedence, pauses between passes, relays, set and test orders, memory that
outlasts a power cut, and a key that nobody can read out.

    terminal.py enrol --server URL --token-file FILE --dir DIR
    terminal.py run --dir DIR [--play 'ffplay -nodisp -autoexit -loglevel error {file}']
"""
import argparse, base64, hashlib, hmac, json, os, pathlib, shlex, ssl, subprocess, sys, tempfile, threading, time
import urllib.error, urllib.parse, urllib.request

# SM2 on the curve of GB/T 32918.5, with SM3 of GB/T 32905.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7, 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def sm3(b): return hashlib.new("sm3", b).digest()
def big(n): return n.to_bytes(32, "big")
def number(b): return int.from_bytes(b, "big")
def point(b): return number(b[:32]), number(b[32:])


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k, p):
    out = None
    while k:
        if k & 1:
            out = add(out, p)
        p, k = add(p, p), k >> 1
    return out


def digest(key, message):
    """e of GB/T 32918.2: of the signer's identity and key, and the message."""
    who = b"1234567812345678"
    z = sm3((8 * len(who)).to_bytes(2, "big") + who + big(A) + big(B) + big(G[0]) + big(G[1]) + big(key[0]) + big(key[1]))
    return number(sm3(z + message))


def sign(secret, message):
    e = digest(times(secret, G), message)
    while True:
        k = number(os.urandom(32)) % N
        r = (e + times(k, G)[0]) % N if k else 0
        s = pow(1 + secret, -1, N) * (k - r * secret) % N
        if r and s and r + k != N:
            return big(r) + big(s)


def verify(key, message, signature):
    r, s = point(signature)
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    found = add(times(s, G), times(t, key))
    return found is not None and (digest(key, message) + found[0]) % N == r


def b64(b): return base64.urlsafe_b64encode(b).rstrip(b"=").decode()
def unb64(s): return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
def now(): return time.time_ns() // 1000
def public(secret): return big((key := times(secret, G))[0]) + big(key[1])


def hkdf_sm3(secret, salt, info):
    mac = lambda key, b: hmac.new(key, b, lambda d=b"": hashlib.new("sm3", d)).digest()
    return mac(mac(salt, secret), info + b"\x01")  # RFC 5869; one block is 32 bytes


def enrol(o):
    """wire.md §1: binds a key of its own to a resource code, once."""
    home = pathlib.Path(o.dir)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyfile = home / "key"
    if not keyfile.exists():
        keyfile.touch(mode=0o600)
        keyfile.write_text(big(number(os.urandom(40)) % (N - 2) + 1).hex())
    secret = int(keyfile.read_text(), 16)
    token, at = pathlib.Path(o.token_file).read_text().strip(), now()
    said = ["tongsheng-enrol-1", token, "", public(secret).hex(), "example", o.serial, "1", str(at)]
    ask = {"token": token, "key": b64(public(secret)), "model": "example", "serial": o.serial, "firmware": "1", "at": at, "proof": sign(secret, "\0".join(said).encode()).hex()}
    request = urllib.request.Request(o.server + "/api/terminal/enrol", json.dumps(ask).encode(), {"Content-Type": "application/json"})
    try:
        answer = urllib.request.urlopen(request, timeout=30).read(1 << 20)
    except urllib.error.HTTPError as e:
        sys.exit(e.read(1 << 16).decode())
    (home / "enrolment.json").write_bytes(answer)
    print(json.loads(answer)["code"])


class Refused(Exception):
    pass


class Terminal:
    def __init__(self, o):
        import paho.mqtt.client as mqtt
        home = pathlib.Path(o.dir)
        self.secret, self.me, self.play = int((home / "key").read_text(), 16), json.loads((home / "enrolment.json").read_text()), o.play
        self.lock, self.began, self.held, self.owed, self.playing = threading.Lock(), time.time(), {}, {}, {}
        options = {"client_id": self.me["code"], "clean_session": True, "protocol": mqtt.MQTTv311}
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, **options) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client(**options)
        self.mqtt.on_connect, self.mqtt.on_disconnect, self.mqtt.on_message = self.connected, lambda *_: self.password(), self.down
        self.at = urllib.parse.urlsplit(self.me["mqtt"])
        if self.at.scheme == "tls":
            pinned = "tls_pin" in self.me
            self.mqtt.tls_set(cert_reqs=ssl.CERT_NONE if pinned else ssl.CERT_REQUIRED)
            self.mqtt.tls_insecure_set(pinned)
            if pinned:
                self.mqtt.on_socket_open = self.pinned
        self.password()

    def password(self):
        """wire.md §2: a token for this connection, good once, and the session's key."""
        self.session, self.count = now().to_bytes(8, "big") + os.urandom(8), 0
        said = b"tongsheng-connect-1\0" + self.me["code"].encode() + b"\0\x01" + self.session
        self.mqtt.username_pw_set(self.me["code"], b64(b"\x01" + self.session + sign(self.secret, said)))
        shared = times(self.secret, point(unb64(self.me["receipt_key"])))[0]
        self.key = hkdf_sm3(big(shared), self.session, b"tongsheng-session-1 " + self.me["code"].encode())

    def pinned(self, _, __, sock):
        """wire.md §1, tls_pin: one certificate of the chain is the one that enrolment named."""
        if hasattr(sock, "get_unverified_chain"):  # Python 3.13
            chain = sock.get_unverified_chain()
        else:
            chain = [c.public_bytes(ssl._ssl.ENCODING_DER) for c in sock._sslobj.get_unverified_chain()]
        if self.me["tls_pin"].lower() not in [hashlib.sha256(c).hexdigest() for c in chain]:
            raise ssl.SSLError("the platform's certificate is not the one that enrolment named")

    def mac(self, b):
        return hmac.new(self.key, b, lambda d=b"": hashlib.new("sm3", d)).digest()[:16]

    def up(self, kind, body):
        """wire.md §4: a frame that only this device can have made."""
        with self.lock:
            self.count += 1
            frame = b"TU1" + kind + self.session + self.count.to_bytes(8, "big") + json.dumps(body, separators=(",", ":")).encode()
            self.mqtt.publish("t/%s/up" % self.me["code"], frame + self.mac(frame))
            return self.count

    def state(self):
        return {"t": now(), "pw": "mains", "vol": self.me["volume"], "up": int(time.time() - self.began), "boots": 1, "fw": "1", **({"play": next(iter(self.playing))} if self.playing else {})}

    def receipt(self, order, phase, reason="", **more):
        body = {"o": order["id"], "v": order["v"], "p": phase, **({"r": reason} if reason else {}), "t": now(), **more}
        print(phase, order["id"], order["v"], reason, flush=True)
        count = self.up(b"R", body)
        if phase in ("played", "failed", "cancelled"):  # kept until the platform has it for good
            self.owed[self.session, count] = body

    def connected(self, client, _, __, code):
        if code != 0:
            return print("not admitted:", code, flush=True)
        client.subscribe("t/%s/down" % self.me["code"], 0)
        self.up(b"H", {**self.state(), "held": [{"o": i, "v": o["v"]} for i, o in self.held.items()]})
        again, self.owed = list(self.owed.values()), {}
        for body in again:
            self.owed[self.session, self.up(b"R", body)] = body
        print("on line as", self.me["code"], flush=True)

    def down(self, _, __, message):
        b = message.payload
        if b[:4] == b"TS1C":
            return self.confirmed(b)
        order = {"id": "", "v": 0}
        try:
            order = self.authentic(b)
            self.judge(order)
        except Refused as e:
            return self.receipt(getattr(e, "order", order), "refused", str(e))
        self.held[order["id"]] = order
        self.receipt(order, "received")
        threading.Thread(target=self.obey, args=(order,), daemon=True).start()

    def confirmed(self, b):
        """wire.md §5."""
        if b[4:20] == self.session and hmac.compare_digest(self.mac(b[:-16]), b[-16:]):
            for i in range(22, len(b) - 16, 8):
                self.owed.pop((self.session, number(b[i:i + 8])), None)

    def authentic(self, b):
        """The order in a frame whose certificate and signature hold; wire.md §3."""
        def refuse(why, order=None):
            e = Refused(why)
            if order:
                e.order = order
            raise e
        size = number(b[4:8])
        if b[:4] != b"TS1O" or len(b) != 8 + size + 143 + 74 or len(b) > 64 << 10:
            refuse("bad_frame")
        text, cert, signed = b[8:8 + size].decode(errors="replace"), b[8 + size:151 + size], b[:-64]
        try:
            order = json.loads(text)
        except ValueError:
            refuse("bad_frame")
        spelt = json.dumps(order, separators=(",", ":"), ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        if spelt != text or cert[7:13] != signed[-6:]:
            refuse("bad_frame")
        issuer = next((i for i in self.me["issuers"] if i["number"].lower() == cert[1:7].hex()), None)
        if issuer is None:
            refuse("unknown_issuer", order)
        if not verify(point(unb64(issuer["key"])), cert[:79], cert[79:]):
            refuse("forged_certificate", order)
        china = time.gmtime(time.time() + 8 * 3600)
        if (china.tm_year, china.tm_mon) > (2000 + cert[13], cert[14]):
            refuse("certificate_expired", order)
        if not verify(point(cert[15:79]), signed, b[-64:]):
            refuse("bad_signature", order)
        return order

    def judge(self, order):
        """wire.md §3.1: whether a genuine order is for this device, now, and new."""
        area, code = order["area"], self.me["code"]
        def covers(region, place):  # 12 digits by 2, 2, 2, 3 and 3; a level of zeros means all below
            levels = [region[a:b] for a, b in ((0, 2), (2, 4), (4, 6), (6, 9), (9, 12))]
            while levels and int(levels[-1]) == 0:
                levels.pop()
            return place.startswith("".join(levels))
        def names(c):  # subtype sequence 00: the group of the area
            return c == code or c[21:] == "00" and c[0] == code[0] and c[13:21] == code[13:21] and covers(c[1:13], code[1:13])
        why = ""
        held = self.held.get(order["id"])
        if area.get("types") and code[13:17] not in area["types"] or not (any(covers(r, self.me["region"]) for r in area.get("regions", [])) or any(map(names, area.get("codes", [])))):
            why = "wrong_area"
        elif order["at"] > now() + 300_000_000:
            why = "not_yet_valid"
        elif order["until"] <= now():
            why = "expired"
        elif held and held["v"] >= order["v"]:
            why = "replayed"
        if why:
            e = Refused(why)
            e.order = order
            raise e

    def obey(self, order):
        for other in list(self.playing.values()) if order["kind"] == "stop" else [self.playing.get(i) for i in [order["id"], *order.get("super", [])]]:
            if other:
                other["why"] = {"cancel": "by_cancel", "stop": "by_stop"}.get(order["kind"], "by_update")
                other["end"].set()
                other["over"].wait()
        if order["kind"] in ("cancel", "stop"):
            return self.receipt(order, "played")
        if order["kind"] != "play" or not order.get("audio"):
            return self.receipt(order, "failed", "player_failed")
        job = self.playing[order["id"]] = {"end": threading.Event(), "over": threading.Event()}
        try:
            job["end"].wait(max(0, order.get("from_at", 0) - now()) / 1e6)
            files = [self.fetch(a) for a in order["audio"]]
            if not job["end"].is_set():
                self.receipt(order, "playing")
            for _ in range(order.get("repeat", 1)):
                for f, a in zip(files, order["audio"]):
                    self.sound(f, a, job["end"])
            self.receipt(order, "cancelled" if job["end"].is_set() else "played", job.get("why", ""), src="audio")
        except (OSError, Refused, subprocess.SubprocessError) as e:
            self.receipt(order, "failed", str(e) if isinstance(e, Refused) else "player_failed")
        finally:
            del self.playing[order["id"]]
            job["over"].set()

    def fetch(self, audio):
        """The sound as it was signed: what the address gives is believed by its digest alone."""
        try:
            b = urllib.request.urlopen(self.me["media_base"].rstrip("/") + "/" + audio["path"].lstrip("/"), timeout=60).read(audio["n"] + 1)
        except OSError:
            raise Refused("audio_missing")
        if len(b) != audio["n"] or sm3(b).hex() != audio["sm3"].lower():
            raise Refused("audio_corrupt")
        f = tempfile.NamedTemporaryFile(suffix=".mp3")
        f.write(b)
        f.flush()
        return f

    def sound(self, f, audio, end):
        if end.is_set():
            return
        if not self.play:  # silent: it takes as long as the sound
            end.wait(audio["ms"] / 1000)
            return
        player = subprocess.Popen([w.replace("{file}", f.name) for w in shlex.split(self.play)])
        while player.poll() is None and not end.wait(0.1):
            pass
        player.terminate()
        if player.wait() != 0 and not end.is_set():
            raise Refused("player_failed")

    def run(self):
        self.mqtt.connect(self.at.hostname, self.at.port, 60)
        self.mqtt.loop_start()
        while True:
            time.sleep(self.me["period"])
            self.up(b"B", self.state())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    e, r = verbs.add_parser("enrol"), verbs.add_parser("run")
    for v in (e, r):
        v.add_argument("--dir", required=True)
    e.add_argument("--server", required=True)
    e.add_argument("--token-file", required=True)
    e.add_argument("--serial", default="1")
    r.add_argument("--play", default="")
    options = parser.parse_args()
    enrol(options) if options.verb == "enrol" else Terminal(options).run()

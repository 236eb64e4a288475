"""Does a draw again: python3 replay-draw.py draw.json

The file is a draw as its case shows it: digest, secret, salt, urn, count, drawn. The digest was
told before anybody knew the salt, so whoever made the secret could not choose who is drawn."""
import hashlib, hmac, json, sys

lot = json.load(open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin)
if hashlib.sha256(lot["secret"].encode()).hexdigest() != lot["digest"]:
    sys.exit("the secret is not the one that was committed to")


def mark(name):
    return hmac.new(lot["secret"].encode(), (lot["salt"] + "\n" + name).encode(), hashlib.sha256).hexdigest()


drawn = sorted(set(lot["urn"]), key=mark)[: lot["count"]]
print(json.dumps(drawn, ensure_ascii=False))
if drawn != lot["drawn"]:
    sys.exit("these are not the ones that the case says were drawn")

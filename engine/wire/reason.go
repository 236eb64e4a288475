package wire

// Reason is why a terminal did not do, or did not finish, what it was told. The
// words are stable: they travel in receipts and are keys of the catalogues.
type Reason string

// Reasons for refusing an order, in the order in which they are looked for; the
// first that holds is the verdict.
const (
	Accepted           Reason = ""
	BadFrame           Reason = "bad_frame"           // not a frame, over a limit, not canonical, or a field out of range
	UnknownIssuer      Reason = "unknown_issuer"      // the certificate names an issuer that is not trusted
	ForgedCertificate  Reason = "forged_certificate"  // the issuer did not sign this certificate
	CertificateExpired Reason = "certificate_expired" // past the certificate's last month
	CertificateRevoked Reason = "certificate_revoked" // revoked by an earlier set order
	BadSignature       Reason = "bad_signature"       // the certificate's key did not sign this order
	WrongArea          Reason = "wrong_area"          // genuine, but for others
	NotYetValid        Reason = "not_yet_valid"       // issued in the future, beyond the allowed clock skew
	Expired            Reason = "expired"             // valid-until has passed
	Cancelled          Reason = "cancelled"           // cancelled, superseded, or stopped by a stop order
	Replayed           Reason = "replayed"            // this version, or a later one, was already taken
)

// Reasons for ending badly, or for now, an order that was accepted.
const (
	AudioMissing    Reason = "audio_missing"    // could not be fetched, and there is no speech engine
	AudioCorrupt    Reason = "audio_corrupt"    // fetched, but size or digest are not as signed
	PlayerFailed    Reason = "player_failed"    // the player ended with an error, or there is none
	HigherRank      Reason = "higher_rank"      // interrupted by an order of higher rank
	PowerLost       Reason = "power_lost"       // cut off by loss of power or a crash
	ExpiredWaiting  Reason = "expired_waiting"  // valid-until passed before its turn came
	ByCancel        Reason = "by_cancel"        // ended by a cancel order
	ByStop          Reason = "by_stop"          // ended by a stop order
	ByUpdate        Reason = "by_update"        // ended by a newer version or a message that supersedes it
	QueueFull       Reason = "queue_full"       // more orders wait than the terminal can hold
	Busy            Reason = "busy"             // a test tone is not made while a message plays
	SettingRejected Reason = "setting_rejected" // a set order holds a value this device cannot take
)

// FormError says that a frame, an order or a message cannot be read or made, and
// where: the JSON-like path of the field, or the part of the frame.
type FormError struct {
	Place string // "area.circles[0]", "signature", "token", …
	What  string // "too_long", "missing", "range", "form", "size", "unknown", "mac", "time", "proof"
}

func (e *FormError) Error() string { return "wire: " + e.Place + ": " + e.What }

func wrong(place, what string) error { return &FormError{place, what} }

package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// OpenStores opens the database and the object store that a configuration names, without
// starting anything: for commands that run beside the server.
func OpenStores(ctx context.Context, cfg config.Config) (*store.DB, blob.Store, error) {
	db, err := store.Open(ctx, cfg.DatabaseAddress(), clock.System{})
	if err != nil {
		return nil, nil, err
	}
	objects, err := openObjects(ctx, cfg, db)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return db, objects, nil
}

// Existing refuses a configuration under which no node was ever started: a mistyped
// folder must not pass for an empty node, nor half a restore for a whole one.
func Existing(cfg config.Config) error {
	if err := whole(cfg); err != nil {
		return err
	}
	if path, file := sqliteFile(cfg); file {
		return there(path)
	}
	return nil
}

// there tells a node that was never started from one that cannot be looked at.
func there(path string) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "app.no_node", fault.Args{"path": path})
	}
	return err
}

// makeRoom gives up of the database's reserve for others on a full disk; nil where the
// database does not lie beside them.
func makeRoom(cfg config.Config, db *store.DB) func(context.Context) bool {
	if !strings.HasPrefix(cfg.Database, "sqlite:{data}/") {
		return nil
	}
	return db.MakeRoom
}

func openObjects(ctx context.Context, cfg config.Config, db *store.DB) (blob.Store, error) {
	b := cfg.Blob
	if b.S3Endpoint == "" {
		objects, err := blob.OpenFolder(filepath.Join(cfg.Data, "objects"))
		if err != nil {
			return nil, err
		}
		objects.MakeRoom = makeRoom(cfg, db)
		return objects, nil
	}
	secret, err := config.Secret(b.S3SecretFile)
	if err != nil {
		return nil, err
	}
	return blob.OpenS3(ctx, blob.S3{Endpoint: b.S3Endpoint, Bucket: b.S3Bucket, Region: b.S3Region,
		AccessKey: b.S3AccessKey, Secret: secret, Plain: b.S3Plain})
}

// SecretPath is the file that opens the node's private keys.
func SecretPath(cfg config.Config) string {
	if cfg.Keyring.PassphraseFile != "" {
		return filepath.Join(cfg.Data, "secret.salt")
	}
	return filepath.Join(cfg.Data, "secret.key")
}

// Authority is the public key of the node's authority, nil where the secret that opens the
// node's keys is not at hand.
func Authority(ctx context.Context, cfg config.Config, db *store.DB) (*ebd.PublicKey, error) {
	if _, err := os.Stat(SecretPath(cfg)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	sealer, err := openSealer(ctx, cfg, db)
	if err != nil {
		return nil, err
	}
	key, err := keyring.AuthorityKey(ctx, db, sealer)
	return &key, err
}

func openSealer(ctx context.Context, cfg config.Config, db *store.DB) (*keyring.Sealer, error) {
	if _, err := os.Stat(SecretPath(cfg)); errors.Is(err, fs.ErrNotExist) {
		// A new secret would open nothing, and stand where the right one belongs.
		if made, err := keyring.Made(ctx, db); err != nil || made {
			return nil, errors.Join(err, fault.New(fault.Unavailable, "app.secret_missing", fault.Args{"file": SecretPath(cfg)}))
		}
	}
	passphrase, err := config.Secret(cfg.Keyring.PassphraseFile)
	if err != nil {
		return nil, err
	}
	if passphrase != "" {
		return keyring.Passphrase(passphrase, SecretPath(cfg))
	}
	return keyring.KeyFile(SecretPath(cfg))
}

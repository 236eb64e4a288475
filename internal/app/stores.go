package app

import (
	"context"
	"path/filepath"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/config"
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
	objects, err := openObjects(ctx, cfg)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return db, objects, nil
}

func openObjects(ctx context.Context, cfg config.Config) (blob.Store, error) {
	b := cfg.Blob
	if b.S3Endpoint == "" {
		return blob.OpenFolder(filepath.Join(cfg.Data, "objects"))
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

func openSealer(cfg config.Config) (*keyring.Sealer, error) {
	passphrase, err := config.Secret(cfg.Keyring.PassphraseFile)
	if err != nil {
		return nil, err
	}
	if passphrase != "" {
		return keyring.Passphrase(passphrase, SecretPath(cfg))
	}
	return keyring.KeyFile(SecretPath(cfg))
}

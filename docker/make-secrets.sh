#!/usr/bin/env bash
# Makes docker/secrets: random values for what we choose ourselves, empty files for what the portal and CDEK give.
# Files that exist are left alone.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
# The container's user must be able to read the files; others are kept out by the folder.
for name in console_token b24_webhook_secret cdek_webhook_secret; do
  [[ -s secrets/$name ]] || openssl rand -hex 24 | tr -d '\n' > "secrets/$name"
done
for name in b24_webhook_url b24_application_token cdek_account cdek_secure_password; do
  [[ -e secrets/$name ]] || : > "secrets/$name"
done
chmod 644 secrets/*
for file in secrets/*; do [[ -s $file ]] || echo "fill in: docker/$file"; done

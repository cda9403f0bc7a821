/**
 * The database's schema as steps. `user_version` counts the steps taken; each runs in a transaction of its
 * own, so a power cut leaves the database at one step or the next. A step is never edited once released.
 */
import type { Database } from "better-sqlite3";

const MIGRATIONS: readonly string[] = [
  // 1: the journal. `line` is the canonical JSON that the hash covers; personal parts live apart so that
  // they can be erased without breaking the chain.
  `CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO counter VALUES ('acked', 0), ('connection', 0);
   CREATE TABLE identity (journal TEXT NOT NULL);
   CREATE TABLE event (
     seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, line TEXT NOT NULL, hash BLOB NOT NULL);
   CREATE TABLE personal (
     seq INTEGER PRIMARY KEY REFERENCES event (seq) ON DELETE CASCADE,
     salt BLOB NOT NULL, pseudonym BLOB NOT NULL, key_id TEXT NOT NULL, expires_at INTEGER NOT NULL);
   CREATE INDEX personal_expiry ON personal (expires_at);`,
  // 2: who may pass. A pseudonym is in at most one of the two lists. An import writes its rows under a
  // generation to come and then raises the counter: until then nobody sees them. Of one pseudonym only the
  // newest row up to the counter counts, which is what `admitted` shows.
  `INSERT INTO counter VALUES ('generation', 0), ('import', 0);
   CREATE TABLE credential (
     pseudonym BLOB NOT NULL, generation INTEGER NOT NULL, display_tag TEXT NOT NULL, group_name TEXT NOT NULL,
     valid_from INTEGER, valid_until INTEGER, reference TEXT, enabled INTEGER NOT NULL,
     key_id TEXT NOT NULL, expires_at INTEGER, PRIMARY KEY (pseudonym, generation)) WITHOUT ROWID;
   CREATE INDEX credential_generation ON credential (generation);
   CREATE INDEX credential_tag ON credential (display_tag);
   CREATE INDEX credential_reference ON credential (reference) WHERE reference IS NOT NULL;
   CREATE INDEX credential_expiry ON credential (expires_at) WHERE expires_at IS NOT NULL;
   CREATE VIEW admitted AS SELECT * FROM credential AS newest WHERE generation = (
     SELECT max(generation) FROM credential WHERE pseudonym = newest.pseudonym
       AND generation <= (SELECT value FROM counter WHERE name = 'generation'));
   CREATE TABLE denied (
     pseudonym BLOB PRIMARY KEY, display_tag TEXT NOT NULL, reference TEXT,
     key_id TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID;
   CREATE INDEX denied_tag ON denied (display_tag);
   CREATE INDEX denied_reference ON denied (reference) WHERE reference IS NOT NULL;
   CREATE INDEX denied_expiry ON denied (expires_at) WHERE expires_at IS NOT NULL;`,
  // 3: what changed, for the gate's array of credentials. Triggers note it, so no writer can forget to; the
  // number of the newest note is the version of both lists, and "no pseudonym" says that everything changed.
  // Two indexes go, which cost an import a random page for each row and served only commands.
  `INSERT INTO counter VALUES ('swept', 0);
   DROP INDEX credential_generation;
   DROP INDEX credential_tag;
   CREATE TABLE list_change (version INTEGER PRIMARY KEY AUTOINCREMENT, pseudonym BLOB);
   CREATE TRIGGER list_change_bound AFTER INSERT ON list_change BEGIN
     DELETE FROM list_change WHERE version <= NEW.version - 1000; END;
   CREATE TRIGGER generation_raised AFTER UPDATE ON counter WHEN NEW.name = 'generation' BEGIN
     INSERT INTO list_change (pseudonym) VALUES (NULL); END;
   CREATE TRIGGER credential_added AFTER INSERT ON credential
     WHEN NEW.generation <= (SELECT value FROM counter WHERE name = 'generation') BEGIN
     INSERT INTO list_change (pseudonym) VALUES (NEW.pseudonym); END;
   CREATE TRIGGER credential_changed AFTER UPDATE ON credential BEGIN
     INSERT INTO list_change (pseudonym) VALUES (OLD.pseudonym), (NEW.pseudonym); END;
   CREATE TRIGGER credential_removed AFTER DELETE ON credential
     WHEN OLD.generation <= (SELECT value FROM counter WHERE name = 'generation')
       AND NOT EXISTS (SELECT 1 FROM credential AS newer
         WHERE newer.pseudonym = OLD.pseudonym AND newer.generation > OLD.generation
           AND newer.generation <= (SELECT value FROM counter WHERE name = 'generation')) BEGIN
     INSERT INTO list_change (pseudonym) VALUES (OLD.pseudonym); END;
   CREATE TRIGGER denied_added AFTER INSERT ON denied BEGIN
     INSERT INTO list_change (pseudonym) VALUES (NEW.pseudonym); END;
   CREATE TRIGGER denied_changed AFTER UPDATE ON denied BEGIN
     INSERT INTO list_change (pseudonym) VALUES (OLD.pseudonym), (NEW.pseudonym); END;
   CREATE TRIGGER denied_removed AFTER DELETE ON denied BEGIN
     INSERT INTO list_change (pseudonym) VALUES (OLD.pseudonym); END;`,
  // 4: the chip that a holder's card was found to be. It outlives a credential that is taken off and put back,
  // since its loss would let a copied number pass; who is on no list any more is noted and erased at a date.
  `CREATE TABLE chip_pin (
     pseudonym BLOB PRIMARY KEY, public_key BLOB NOT NULL, generation INTEGER NOT NULL, signer BLOB NOT NULL,
     sealed_can BLOB, key_id TEXT NOT NULL, pinned_at INTEGER NOT NULL,
     unlisted INTEGER NOT NULL, expires_at INTEGER) WITHOUT ROWID;
   CREATE INDEX chip_pin_unlisted ON chip_pin (unlisted) WHERE unlisted = 1;
   CREATE INDEX chip_pin_expiry ON chip_pin (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TRIGGER chip_pin_listed AFTER INSERT ON credential
     WHEN NEW.generation <= (SELECT value FROM counter WHERE name = 'generation') BEGIN
     UPDATE chip_pin SET unlisted = 0, expires_at = NULL WHERE pseudonym = NEW.pseudonym; END;
   CREATE TRIGGER chip_pin_imported AFTER UPDATE ON counter WHEN NEW.name = 'generation' BEGIN
     UPDATE chip_pin SET unlisted = 0, expires_at = NULL WHERE unlisted = 1
       AND EXISTS (SELECT 1 FROM admitted WHERE admitted.pseudonym = chip_pin.pseudonym); END;
   CREATE TRIGGER chip_pin_unlisted AFTER DELETE ON credential
     WHEN NOT EXISTS (SELECT 1 FROM admitted WHERE pseudonym = OLD.pseudonym) BEGIN
     UPDATE chip_pin SET unlisted = 1 WHERE pseudonym = OLD.pseudonym; END;`,
  // 5: whose signatures are believed. A certificate stays as long as a source brings it: a publisher's newest
  // list, or a file imported by hand (no publisher). The seal is a hash over everything, made with each change.
  `CREATE TABLE trust_source (
     id INTEGER PRIMARY KEY, name TEXT NOT NULL, publisher TEXT UNIQUE, list TEXT, signed_at INTEGER,
     imported_at INTEGER NOT NULL);
   CREATE TABLE trust_certificate (
     fingerprint TEXT PRIMARY KEY, der BLOB NOT NULL, subject_key_id TEXT, subject_key TEXT NOT NULL,
     subject TEXT NOT NULL, country TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
     kind TEXT NOT NULL, laboratory INTEGER NOT NULL);
   CREATE TABLE trust_entry (
     source INTEGER NOT NULL REFERENCES trust_source (id) ON DELETE CASCADE,
     fingerprint TEXT NOT NULL REFERENCES trust_certificate (fingerprint) ON DELETE CASCADE,
     PRIMARY KEY (source, fingerprint)) WITHOUT ROWID;
   CREATE INDEX trust_entry_fingerprint ON trust_entry (fingerprint);
   CREATE TABLE trust_crl (
     issuer_key TEXT NOT NULL, issuer_key_id TEXT NOT NULL, fingerprint TEXT NOT NULL, der BLOB NOT NULL,
     issuer TEXT NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, source TEXT NOT NULL,
     imported_at INTEGER NOT NULL, PRIMARY KEY (issuer_key, issuer_key_id));
   CREATE TABLE trust_signer (
     fingerprint TEXT PRIMARY KEY, der BLOB NOT NULL, subject TEXT NOT NULL, source TEXT NOT NULL,
     imported_at INTEGER NOT NULL);
   CREATE TABLE trust_seal (seal TEXT NOT NULL);`,
  // 6: wrong passwords of documents. One that is taken back leaves its number free again, so numbers count
  // rows, near enough to bound them.
  `CREATE TABLE password_try (
     id INTEGER PRIMARY KEY, door TEXT NOT NULL, holder BLOB, at INTEGER NOT NULL,
     door_block INTEGER NOT NULL, holder_block INTEGER NOT NULL, expires_at INTEGER NOT NULL);
   CREATE INDEX password_try_door ON password_try (door);
   CREATE INDEX password_try_holder ON password_try (holder) WHERE holder IS NOT NULL;
   CREATE INDEX password_try_expiry ON password_try (expires_at);
   CREATE TRIGGER password_try_bound AFTER INSERT ON password_try BEGIN
     DELETE FROM password_try WHERE id <= NEW.id - 10000; END;`,
  // 7: the document side of an enrolled card, beside its chip.
  "ALTER TABLE chip_pin ADD COLUMN document BLOB;",
  // 8: a holder may be met by more than one pseudonym. All but the first are aliases, rows that name the entry
  // they belong to; one of the allow list counts as long as its entry is of the same generation, so that an import
  // that gives an entry fewer aliases takes the others from it in the same step. A pseudonym is on the deny list as
  // often as there are entries that it is part of, so that none opens what another has closed.
  `ALTER TABLE credential ADD COLUMN kind TEXT NOT NULL DEFAULT 'nis';
   ALTER TABLE credential ADD COLUMN entry BLOB;
   CREATE INDEX credential_entry ON credential (entry) WHERE entry IS NOT NULL;
   DROP VIEW admitted;
   CREATE VIEW admitted AS SELECT * FROM credential AS newest WHERE generation = (
       SELECT max(generation) FROM credential WHERE pseudonym = newest.pseudonym
         AND generation <= (SELECT value FROM counter WHERE name = 'generation'))
     AND (entry IS NULL OR (generation, 1) = (
       SELECT owner.generation, owner.entry IS NULL FROM credential AS owner WHERE owner.pseudonym = newest.entry
         AND owner.generation <= (SELECT value FROM counter WHERE name = 'generation')
       ORDER BY owner.generation DESC LIMIT 1));
   CREATE TABLE denied_before AS SELECT * FROM denied;
   DROP TABLE denied;
   CREATE TABLE denied (
     pseudonym BLOB NOT NULL, entry BLOB NOT NULL, kind TEXT NOT NULL, display_tag TEXT NOT NULL, reference TEXT,
     key_id TEXT NOT NULL, expires_at INTEGER, PRIMARY KEY (pseudonym, entry)) WITHOUT ROWID;
   INSERT INTO denied SELECT pseudonym, pseudonym, 'nis', display_tag, reference, key_id, expires_at
     FROM denied_before;
   DROP TABLE denied_before;
   CREATE INDEX denied_entry ON denied (entry);
   CREATE INDEX denied_tag ON denied (display_tag);
   CREATE INDEX denied_reference ON denied (reference) WHERE reference IS NOT NULL;
   CREATE INDEX denied_expiry ON denied (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TRIGGER denied_added AFTER INSERT ON denied BEGIN
     INSERT INTO list_change (pseudonym) VALUES (NEW.pseudonym); END;
   CREATE TRIGGER denied_changed AFTER UPDATE ON denied BEGIN
     INSERT INTO list_change (pseudonym) VALUES (OLD.pseudonym), (NEW.pseudonym); END;
   CREATE TRIGGER denied_removed AFTER DELETE ON denied BEGIN
     INSERT INTO list_change (pseudonym) VALUES (OLD.pseudonym); END;`,
  // 9: who makes visible seals. Tables of their own, so that no query for the signers of chips can meet them; the
  // sources and the seal over all rows are those of the trust store.
  `CREATE TABLE sealer_certificate (
     fingerprint TEXT PRIMARY KEY, der BLOB NOT NULL, role TEXT NOT NULL, authority_id TEXT NOT NULL,
     certificate_id TEXT NOT NULL, subject_key_id TEXT, subject_key TEXT NOT NULL, subject TEXT NOT NULL,
     country TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, laboratory INTEGER NOT NULL);
   CREATE TABLE sealer_entry (
     source INTEGER NOT NULL REFERENCES trust_source (id) ON DELETE CASCADE,
     fingerprint TEXT NOT NULL REFERENCES sealer_certificate (fingerprint) ON DELETE CASCADE,
     PRIMARY KEY (source, fingerprint)) WITHOUT ROWID;
   CREATE INDEX sealer_entry_fingerprint ON sealer_entry (fingerprint);
   CREATE TABLE sealer_crl (
     issuer_key TEXT NOT NULL, issuer_key_id TEXT NOT NULL, fingerprint TEXT NOT NULL, der BLOB NOT NULL,
     issuer TEXT NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, source TEXT NOT NULL,
     imported_at INTEGER NOT NULL, PRIMARY KEY (issuer_key, issuer_key_id));`,
];

/** The schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The schema that the file holds; 0 for a new file. */
export function schemaVersion(connection: Database): number {
  const version: unknown = connection.pragma("user_version", { simple: true });
  return typeof version === "number" ? version : 0;
}

/** Brings the schema up to `SCHEMA_VERSION`; throws SQLite's error when a step fails, which undoes that step. */
export function migrate(connection: Database): void {
  for (const [index, script] of MIGRATIONS.entries()) {
    const step = connection.transaction(() => {
      // Looked at inside the transaction: another process may have taken the step while this one waited.
      if (schemaVersion(connection) > index) return;
      connection.exec(script);
      connection.pragma(`user_version = ${index + 1}`);
    });
    step.immediate();
  }
}

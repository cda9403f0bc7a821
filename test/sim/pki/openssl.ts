/** OpenSSL's command line as a judge of what the simulator makes: its own reader, chain check and CMS. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl)
  process.stderr.write(
    "skipped: what openssl says of the simulator's objects, because it is not installed\n",
  );

export interface Judgement {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs openssl with these words. */
export function openssl({ input }: { readonly input?: Uint8Array }, ...words: readonly string[]): Judgement {
  const { status, stdout, stderr } = spawnSync("openssl", words, { input, encoding: "latin1" });
  return { exit: status, out: stdout, err: stderr };
}

/** A folder for what openssl is to look at. */
export class Bench {
  readonly #folder = mkdtempSync(join(tmpdir(), "varco-openssl-"));

  /** Writes a file and gives its path. */
  file(name: string, content: Uint8Array | string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Certificates as openssl wants them in a file of trust. */
  certificates(name: string, ...certificates: readonly Uint8Array[]): string {
    return this.file(name, certificates.map((bytes) => block("CERTIFICATE", bytes)).join(""));
  }

  revocationList(name: string, list: Uint8Array): string {
    return this.file(name, block("X509 CRL", list));
  }

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const block = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString("base64")}\n-----END ${label}-----\n`;

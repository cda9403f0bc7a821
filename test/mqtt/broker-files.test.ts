import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readBrokerFiles } from "../../src/mqtt/broker-files.ts";
import { mentioning, temporaryDirectory } from "../journal/temporary-journal.ts";

const url = "mqtt://127.0.0.1";

test("user and password are the files' content without the line end; blanks in a password stay", () => {
  const directory = temporaryDirectory();
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const config = {
    url,
    caFile: file("ca", "PEM"),
    userFile: file("user", "gate-1\n"),
    passwordFile: file("password", " pass word \r\n"),
  };
  expect(readBrokerFiles(config)).toEqual({
    ok: true,
    value: { ca: "PEM", username: "gate-1", password: " pass word " },
  });
  expect(readBrokerFiles({ url })).toEqual({ ok: true, value: {} });
});

test.each(["caFile", "userFile", "passwordFile"])("a missing %s is named, with a remedy", (member) => {
  const file = join(temporaryDirectory(), "absent");
  expect(readBrokerFiles({ url, [member]: file })).toMatchObject({
    ok: false,
    error: { file, remedy: mentioning("create") },
  });
});

test("a password that others may read is not used", () => {
  const passwordFile = join(temporaryDirectory(), "password");
  writeFileSync(passwordFile, "secret", { mode: 0o644 });
  expect(readBrokerFiles({ url, passwordFile })).toMatchObject({ ok: false, error: { kind: "keyExposed" } });
});

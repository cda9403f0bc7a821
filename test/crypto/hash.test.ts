import { expect, test } from "vitest";
import { hex, toHex } from "../../src/bytes/hex.ts";
import { hmacSha256, sha256 } from "../../src/crypto/hash.ts";
import { uuidV7 } from "../../src/crypto/uuid.ts";
import { instant } from "../../src/time/time.ts";

test("SHA-256 of abc (FIPS 180-4 examples)", () => {
  expect(toHex(sha256(hex("616263")))).toBe(
    "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
  );
});

test("HMAC-SHA-256 of RFC 4231 test case 2", () => {
  const text = new TextEncoder();
  expect(toHex(hmacSha256(text.encode("Jefe"), text.encode("what do ya want for nothing?")))).toBe(
    "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
  );
});

test("UUID version 7 of RFC 9562 appendix A.6", () => {
  // unix_ts_ms 017F22E279B0, rand_a CC3, rand_b 18C4DC0C0C07398F; version and variant bits are put over the random ones.
  const random = { bytes: () => hex("0CC318C4DC0C0C07398F") };
  expect(uuidV7(instant(0x017f22e279b0), random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

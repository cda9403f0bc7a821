import { describe, expect, test } from "vitest";
import { judgeI2c } from "../../src/app/commands/reader-test-speed.ts";

describe("the speed of an I2C bus", () => {
  test("without a round trip there is no clock to measure", () => {
    expect(judgeI2c(undefined, 2).status).toBe("fail");
  });
});

/** Whether socat is here, which makes pseudo-terminals; where it is not, what is not tried is told. */
import { execFileSync } from "node:child_process";
import process from "node:process";

export function hasSocat(notTried: string): boolean {
  try {
    execFileSync("socat", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    process.stdout.write(`socat is missing: ${notTried}\n`);
    return false;
  }
}

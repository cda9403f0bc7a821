/**
 * Figures and tables that tests have beside their verdict. They are for people who ask: `VERBOSE_TESTS=1` shows them.
 */

export const isVerbose = process.env["VERBOSE_TESTS"] === "1";

/** Prints the text as a line of its own, if somebody wants to know. */
export function tell(text: string): void {
  if (isVerbose) process.stdout.write(`${text}\n`);
}

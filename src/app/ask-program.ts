/** Asks a program of this machine, as the clock's judge and the doctor do. */
import { execFile } from "node:child_process";

const ANSWER_TIMEOUT_MS = 5_000;

/** What a program prints, trimmed; `undefined` when it is missing, fails or does not answer in 5 s. */
export const askProgram = (program: string, words: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(program, [...words], { timeout: ANSWER_TIMEOUT_MS }, (cause, answer) =>
      resolve(cause === null ? answer.trim() : undefined),
    );
  });

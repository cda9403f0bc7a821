/**
 * The decision: a pure function of what was proven, what is known of the holder, what the door demands and
 * the time. There is one evaluation of one table of rules; `explain.ts` only listens to it.
 */
import { demandedLevels, provenLevel } from "./demand.ts";
import type { Decision, Question } from "./question.ts";
import { RULES, type Rule } from "./rules.ts";

/** No rule grants what is proven, so nobody passes: what is left when a rule is missing from the table. */
const NO_RULE: Decision = { outcome: "denied", reason: "Other", rule: "none", dated: false };

/** Decides. The first rule that applies ends the matter. */
export const decide = (question: Question): Decision => evaluate(question, RULES);

/** Asks the rules in order; `considered` hears of each one that was asked, and whether it decided. */
export function evaluate(
  question: Question,
  rules: readonly Rule[],
  considered?: (rule: Rule, decided: boolean) => void,
): Decision {
  for (const rule of rules) {
    const decides = rule.applies(question);
    considered?.(rule, decides);
    if (decides) return decisionOf(rule, question);
  }
  return NO_RULE;
}

function decisionOf(rule: Rule, question: Question): Decision {
  const made = { rule: rule.path(question), dated: rule.timed?.(question) ?? false };
  if (rule.ruling !== "grant") return { outcome: "denied", reason: rule.ruling.deny, ...made };
  const { door, proofs, standing, at } = question;
  const { group } = standing.credential ?? {};
  const level = provenLevel(demandedLevels(door, group, at), proofs);
  return level === undefined ? NO_RULE : { outcome: "granted", level, group: group ?? "", ...made };
}

/**
 * The decision: a pure function of what was proven, what is known of the holder, what the door demands and
 * the time. There is one evaluation of one table of rules; `explain.ts` only listens to it.
 */
import type { Decision, Question } from "./question.ts";
import { needsTime, RULES, type Rule } from "./rules.ts";

/** No rule grants, so nobody passes: what is left when a rule is missing from the table. */
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
  const made = { rule: rule.path(question), dated: rule.timed === true && needsTime(question) };
  return rule.ruling === "grant"
    ? {
        outcome: "granted",
        level: question.door.level,
        group: question.standing.credential?.group ?? "",
        ...made,
      }
    : { outcome: "denied", reason: rule.ruling.deny, ...made };
}

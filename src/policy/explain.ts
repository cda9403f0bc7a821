/**
 * Why the gate decides as it does: the decision with every rule that was asked on the way to it, in order.
 * It is the same evaluation as the gate's, so what is explained is what is done.
 */
import { evaluate } from "./decide.ts";
import type { Decision, Question } from "./question.ts";
import { RULES } from "./rules.ts";

export interface ConsideredRule {
  /** As decisions and events name it. */
  readonly rule: string;
  /** The last one considered, unless no rule decided. */
  readonly decided: boolean;
  /** What was compared with what, for people; holds nothing personal. */
  readonly compared: string;
}

export interface Explanation {
  readonly decision: Decision;
  readonly considered: readonly ConsideredRule[];
}

/**
 * Decides and tells how. Leaving out the rule that the decision names changes the answer: of a grant, that
 * nobody passes; of a denial, at least its reason, since a rule behind the named one may deny as well. Who
 * is denied by several passes only when all of them are gone, and the named one is the first of these; who has
 * proven too little never passes, since a grant has to name a level.
 */
export function explain(question: Question): Explanation {
  const considered: ConsideredRule[] = [];
  const decision = evaluate(question, RULES, (rule, decided) => {
    considered.push({ rule: rule.path(question), decided, compared: rule.words(question) });
  });
  return { decision, considered };
}

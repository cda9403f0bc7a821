import { makeCard } from "../../src/sim/cards/make-card.ts";
import type { SeededRandom } from "../../src/sim/seeded-random.ts";
import { instant } from "../../src/time/time.ts";
import { between } from "./day-plan.ts";
import type { Act, Habits } from "./match-acts.ts";
import {
  ALL_DOCUMENTS,
  CIES,
  COPIES,
  COPY,
  DAY_MS,
  enrolled,
  forged,
  GUESSES,
  GUESSES_BY_NUMBER,
  INCOMPLETE,
  type Kind,
  kind,
  listed,
  MEMBERS,
  NO_DOCUMENT,
  NOT_LISTED,
  opens,
  SURE,
  stranger,
  taps,
  traveller,
  WITH_CAN,
  WRONG_PASSWORD,
} from "./match-casting.ts";
import { cieOf, type Guest, holding } from "./match-people.ts";
import { MORNING } from "./virtual-gate.ts";

const HONEST: readonly Kind[] = [
  kind("member", 7_800, (c) => enrolled(c, { document: "none", due: "granted originalChip" }), taps, MEMBERS),
  kind("staff", 100, (c) => enrolled(c, { document: "kept", due: "granted verifiedDocument" }), taps, 8),
  kind("listed document", 500, (c) => listed(c, ALL_DOCUMENTS), opens, 2 * ALL_DOCUMENTS.length),
];

const REFUSED: readonly Kind[] = [
  kind("stranger with a document", 100, (c) => stranger(c, SURE, NOT_LISTED), opens),
  kind("stranger with a CIE", 100, (c) => stranger(c, CIES, NOT_LISTED), opens),
  kind(
    "expired document",
    70,
    (c) =>
      listed(c, SURE, { facts: { expiry: "2025-03-01" }, due: "denied acs:DocumentExpired documentExpired" }),
    opens,
  ),
  kind(
    "denied document",
    60,
    (c) => {
      const guest = listed(c, SURE, { due: "denied acs:DenyListed*" });
      const [denied] = guest.listed;
      return denied === undefined ? guest : { ...guest, denied };
    },
    opens,
  ),
  kind(
    "denied number",
    60,
    (c) => {
      const guest = enrolled(c, { document: "none", due: "denied acs:DenyListed" });
      const [denied] = guest.listed;
      return denied === undefined ? guest : { ...guest, denied };
    },
    taps,
  ),
  kind(
    "lapsed",
    60,
    (c) => ({
      ...enrolled(c, { document: "none", due: "denied CredentialExpired" }),
      credential: { validUntil: instant(MORNING - 20 * DAY_MS) },
    }),
    taps,
  ),
  kind(
    "of another group",
    50,
    (c) => ({
      ...enrolled(c, { document: "none", due: "denied Unauthorized" }),
      credential: { group: "guests" },
    }),
    taps,
  ),
  kind(
    "with another document than enrolled",
    50,
    (c) => ({
      ...enrolled(c, { document: "replaced", due: "denied acs:ChipAuthenticationFailed otherDocument" }),
      alarm: "cloneSuspected",
    }),
    taps,
  ),
  forged(
    "unknown signer",
    60,
    "unknownAuthority",
    "denied acs:TrustAnchorMissing noTrustAnchor",
    "signerUnknown",
  ),
  forged(
    "revoked signer",
    60,
    "signerRevoked",
    "denied acs:DocumentAuthenticationFailed signerRevoked",
    "cardNotGenuine",
  ),
  forged(
    "changed DG1",
    60,
    "tamperedDg1",
    "denied acs:DocumentAuthenticationFailed dataGroupChanged",
    "cardNotGenuine",
  ),
  forged(
    "changed SOD",
    60,
    "signatureBroken",
    "denied acs:DocumentAuthenticationFailed signatureInvalid",
    "cardNotGenuine",
  ),
  forged("cloned chip", 60, "copied", "denied acs:ChipAuthenticationFailed chipRefuted", "cloneSuspected"),
  kind(
    "copied number",
    100,
    ({ serial, victim }) => {
      const copied = victim(serial);
      const [{ text } = { text: "" }] = copied.listed;
      const attack = COPIES[serial % COPIES.length] ?? "nisOnly";
      return {
        card: () => makeCard(cieOf(text, { attack })),
        listed: [],
        due: COPY,
        alarm: "cloneSuspected",
      };
    },
    taps,
    12,
  ),
  kind(
    "copied number with a document of his own",
    50,
    (casting) => {
      const [{ text } = { text: "" }] = casting.victim(casting.serial).listed;
      const { arrival } = traveller(casting, CIES);
      const { spec } = arrival;
      const document = spec.card === "cie" ? spec.document : undefined;
      const change = document === undefined ? {} : { document };
      return {
        ...holding(arrival),
        card: () => makeCard(cieOf(text, { attack: "nisOnly", ...change })),
        listed: [],
        due: COPY,
        alarm: "cloneSuspected",
      };
    },
    (_, habits) => ({
      acts: habits.open({ way: "keypad", when: "before" }),
      // Where his digits come first, he is read as what he is besides: somebody whom nobody knows.
      mistakes: [NOT_LISTED],
    }),
  ),
  kind(
    "phone",
    60,
    () => other("phone"),
    (...about) => ({ ...looksAndLeaves(...about), mistakes: [NO_DOCUMENT] }),
  ),
  kind("bank card", 60, () => other("payment", "denied Other notAnIdentityCard:payment"), taps),
  kind("ticket of another kind", 60, () => other("transit", "denied Other notAnIdentityCard:transit"), taps),
];

function other(card: "phone" | "payment" | "transit", due = INCOMPLETE): Omit<Guest, "kind" | "name"> {
  const make = () => makeCard(card === "transit" ? { card, uid: "01020304" } : { card });
  return { card: make, listed: [], due };
}

/**
 * Sees that something is to be typed, has nothing to type, and goes. Right behind another who did the same he may count as
 * the same, and have no row.
 */
function looksAndLeaves(_: Guest, habits: Habits, random: SeededRandom) {
  const acts: readonly Act[] = [
    habits.lay(),
    { do: "awaitQuestion" },
    { do: "take", afterMs: between(random, 600, 2_500) },
  ];
  return { acts, mistakes: [] };
}

const MISTAKEN: readonly Kind[] = [
  kind(
    "mistypes once",
    90,
    (c) => listed(c, WITH_CAN),
    (guest, habits, random) => {
      const when = random.pick(["before", "after"] as const);
      const retry = when === "before" ? habits.open({ way: "keypad", when }) : habits.openAgain("keypad");
      return {
        acts: [...habits.open({ way: "keypad", when }, "wrong"), ...retry],
        again: habits.openAgain("keypad"),
        answers: [WRONG_PASSWORD, guest.due],
        mistakes: [WRONG_PASSWORD],
      };
    },
    12,
  ),
  kind(
    "knows not the number",
    50,
    (c) => ({ ...listed(c, WITH_CAN), due: WRONG_PASSWORD }),
    (_, habits) => {
      const once = habits.open({ way: "keypad", when: "before" }, "wrong");
      return { acts: [...once, ...once], answers: [WRONG_PASSWORD, WRONG_PASSWORD], mistakes: [] };
    },
  ),
  kind(
    "types too little",
    60,
    (c) => listed(c, WITH_CAN),
    (guest, habits) => ({
      acts: [habits.enter("short"), { do: "awaitAnswer" }, ...habits.open({ way: "keypad", when: "before" })],
      again: habits.openAgain("keypad"),
      answers: [guest.due],
      mistakes: [],
    }),
    6,
  ),
  kind(
    "leaves digits behind",
    40,
    (c) => ({ ...listed(c, WITH_CAN), due: "nothing" }),
    (_, habits) => ({
      acts: [habits.enter("right")],
      answers: [],
      mistakes: [],
    }),
  ),
  kind("walks away", 50, (c) => ({ ...listed(c, SURE), due: INCOMPLETE }), looksAndLeaves),
  kind(
    "never types",
    14,
    (c) => ({ ...listed(c, SURE), due: "denied acs:SecurityLevelTooLow passwordMissing" }),
    taps,
  ),
  kind(
    "pulls the card in mid-reading",
    80,
    (c) => listed(c, WITH_CAN),
    (_, habits, random) => ({
      acts: [
        habits.enter("right"),
        habits.lay(),
        { do: "take", afterMs: between(random, 150, 1_000) },
        { do: "lay", afterMs: between(random, 200, 2_500) },
        { do: "awaitAnswer" },
        habits.take(),
      ],
      again: habits.openAgain("keypad"),
      mistakes: [INCOMPLETE],
    }),
    6,
  ),
  kind(
    "flickers",
    60,
    (c) => enrolled(c, { document: "none", due: "granted originalChip" }),
    (_, habits, random) => ({
      acts: [
        habits.lay(),
        { do: "awaitAnswer" },
        { do: "take", afterMs: between(random, 100, 400) },
        { do: "lay", afterMs: between(random, 60, 700) },
        { do: "take", afterMs: between(random, 300, 1_000) },
      ],
      // Whoever is still there when the lane has begun to read again, and goes in the middle, has a row for it or none.
      mistakes: [INCOMPLETE],
    }),
  ),
  kind(
    "lays it down twice",
    60,
    (c) => enrolled(c, { document: "none", due: "granted originalChip" }),
    (guest, habits) => ({
      acts: [...habits.tap(), ...habits.tapAgain()],
      answers: [guest.due, guest.due],
      mistakes: [],
    }),
  ),
  kind(
    "two cards at once",
    60,
    (c) => ({
      ...enrolled(c, { document: "none", due: "granted originalChip" }),
      second: () => makeCard({ card: "payment" }),
    }),
    (_, habits, random) => ({
      acts: [
        habits.lay(),
        { do: "lay", afterMs: 0, card: "second" },
        { do: "take", afterMs: between(random, 1_500, 3_000), card: "second" },
        { do: "awaitAnswer" },
        habits.take(),
      ],
      again: habits.tapAgain(),
      mistakes: [INCOMPLETE],
    }),
  ),
];

/** Who found a card and tries numbers on it. */
const GUESSERS: readonly Kind[] = [
  kind(
    "guesses",
    12,
    (c) => ({ ...listed(c, ["lucas", "emma"]), due: WRONG_PASSWORD }),
    (_, habits) => ({
      acts: Array.from({ length: GUESSES }, () =>
        habits.open({ way: "keypad", when: "before" }, "wrong"),
      ).flat(),
      mistakes: [],
    }),
  ),
  kind(
    "guesses at a card with a number",
    14,
    (c) => stranger(c, CIES, WRONG_PASSWORD),
    (_, habits) => ({
      acts: Array.from({ length: GUESSES_BY_NUMBER }, () => habits.openAgain("keypad", "wrong")).flat(),
      mistakes: [],
      mostWrong: 5,
    }),
    undefined,
  ),
];

export const KINDS: readonly Kind[] = [...HONEST, ...REFUSED, ...MISTAKEN, ...GUESSERS];

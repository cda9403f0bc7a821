/**
 * The schema's verdict in words for the person who wrote the file. What is allowed at a place is read from
 * the same description that the published JSON Schema carries.
 */
import type { z } from "zod";
import { type ConfigPath, describeFound, type Finding, nearestKey } from "./config-problem.ts";
import { configJsonSchema } from "./schema.ts";

/** A part of the published JSON Schema. */
type SchemaNode = z.core.JSONSchema.BaseSchema;

/** Every issue of a parse as a finding; `root` is the value that was parsed. */
export function schemaFindings(root: unknown, issues: readonly z.core.$ZodIssue[]): readonly Finding[] {
  const schema = configJsonSchema();
  return issues.flatMap(deepest).flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    const nodes = nodesAt(schema, path, root);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => unknownKey([...path, key], key, keysOf(nodes)));
    if (issue.code === "invalid_key") return [wrongName(path, nodesAt(schema, path.slice(0, -1), root))];
    return [wrongValue(path, valueAt(root, path), allowedBy(nodes))];
  });
}

/** Of the alternatives of a place the one that the author meant: whose issues lie inside the value, whose keys it has. */
function deepest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.filter((errors) => errors.every(isInside));
  const meant = inside.find((errors) => !errors.some(isUnknownKey)) ?? inside[0];
  if (meant === undefined) return [issue];
  return meant.flatMap((each) => deepest({ ...each, path: [...issue.path, ...each.path] }));
}

const isInside = (issue: z.core.$ZodIssue): boolean => issue.path.length > 0 || isUnknownKey(issue);

const isUnknownKey = ({ code }: z.core.$ZodIssue): boolean => code === "unrecognized_keys";

function wrongName(path: ConfigPath, nodes: readonly SchemaNode[]): Finding {
  const names = nodes.flatMap(({ propertyNames }) =>
    typeof propertyNames === "object" ? [propertyNames] : [],
  );
  const found = "a name that cannot be one";
  return { severity: "error", path, found, allowed: allowedBy(names), remedy: "rename it" };
}

/** An alternative section may have the key: it does not go with the others that stand here. */
function unknownKey(path: ConfigPath, key: string, keys: readonly string[]): Finding {
  const known = keys.filter((each) => each !== key);
  const meant = nearestKey(key, known);
  return {
    severity: "error",
    path,
    found: "a key that is not known here",
    allowed: `one of ${known.join(", ")}`,
    remedy: meant === undefined ? "remove it" : `did you mean ${meant}?`,
  };
}

function wrongValue(path: ConfigPath, value: unknown, allowed: string): Finding {
  return {
    severity: "error",
    path,
    found: describeFound(path, value),
    allowed,
    remedy: value === undefined ? `add ${String(path.at(-1) ?? "the configuration")}` : "correct the value",
  };
}

function allowedBy(nodes: readonly SchemaNode[]): string {
  const described = nodes.find((node) => node.description !== undefined)?.description;
  return described ?? `a section with ${keysOf(nodes).join(", ")}`;
}

function keysOf(nodes: readonly SchemaNode[]): readonly string[] {
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The schema nodes that may govern `path` in the value `found`: several where a section has alternatives. */
function nodesAt(root: SchemaNode, path: ConfigPath, found: unknown): readonly SchemaNode[] {
  const children = (node: SchemaNode, part: string | number): readonly SchemaNode[] => {
    const child =
      typeof part === "number" ? node.items : (node.properties?.[part] ?? node.additionalProperties);
    return typeof child === "object" && !Array.isArray(child) ? alternatives(child) : [];
  };
  return path.reduce<readonly SchemaNode[]>(
    (nodes, part, index) =>
      meant(
        nodes.flatMap((node) => children(node, part)),
        valueAt(found, path.slice(0, index + 1)),
      ),
    alternatives(root),
  );
}

/** Of alternative sections those whose fixed words the value has; all of them when it has none's. */
function meant(nodes: readonly SchemaNode[], value: unknown): readonly SchemaNode[] {
  const fitting = nodes.filter(({ properties }) =>
    Object.entries(properties ?? {}).every(
      ([key, node]) =>
        typeof node !== "object" || node.const === undefined || node.const === valueAt(value, [key]),
    ),
  );
  return fitting.length === 0 ? nodes : fitting;
}

/** The description of a place with alternatives is that of the whole, so the whole comes first. */
const alternatives = (node: SchemaNode): readonly SchemaNode[] =>
  node.anyOf === undefined ? (node.oneOf ?? [node]) : [node, ...node.anyOf];

function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part) as unknown;
  }
  return value;
}

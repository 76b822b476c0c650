/**
 * ESLint rule: who may import whom. `core` knows nobody, `ui` no feature, a feature no other feature's inside,
 * and everybody else knows `core` only by its face (`core`, `core/types`).
 */
import { dirname, resolve } from "node:path";

const SOURCE = resolve(import.meta.dirname, "../src");
const MAY_IMPORT = {
  core: ["core"],
  i18n: ["i18n", "core"],
  ui: ["ui", "i18n", "core"],
  features: ["features", "ui", "i18n", "core"],
  app: ["app", "features", "ui", "i18n", "core"],
};

/** @param {string} path */
function place(path) {
  if (!path.startsWith(SOURCE)) return null;
  const [layer = "", feature = "", ...rest] = path.slice(SOURCE.length + 1).split("/");
  return { layer, feature, rest };
}

/**
 * @param {string} importer
 * @param {string} imported
 * @returns {string | null} what is wrong
 */
function verdict(importer, imported) {
  const from = place(importer);
  const to = place(imported);
  if (from === null || to === null) return null;
  /** @type {Record<string, string[]>} */
  const table = MAY_IMPORT;
  const allowed = table[from.layer];
  if (allowed === undefined || table[to.layer] === undefined) return null;
  if (!allowed.includes(to.layer)) return `${from.layer} must not import ${to.layer}`;
  if (to.layer === "core" && from.layer !== "core" && !["", "index", "types"].includes(to.feature))
    return "import core by its face: core or core/types";
  if (to.layer === "features" && from.layer === "features" && from.feature !== to.feature && to.rest.length > 0)
    return `${from.feature} must not import the inside of ${to.feature}`;
  return null;
}

/** @type {import("eslint").Rule.RuleModule} */
export const layers = {
  meta: { type: "problem", schema: [] },
  create(context) {
    /** @param {import("eslint").Rule.Node & { source?: unknown }} node */
    const check = (node) => {
      const path = node.source instanceof Object && "value" in node.source ? node.source.value : null;
      if (typeof path !== "string" || !path.startsWith(".")) return;
      const message = verdict(context.filename, resolve(dirname(context.filename), path));
      if (message !== null) context.report({ node, message });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

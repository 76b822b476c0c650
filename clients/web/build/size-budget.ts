/** Fails the build when what a person must load grows beyond the budget (gzip, scripts and styles). */
import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

interface Budget {
  /** Everything loaded at the start, before the room. */
  startKb: number;
  /** Everything there is, the room included. */
  totalKb: number;
}

type Bundle = Rollup.OutputBundle;

export function sizeBudget(budget: Budget): Plugin {
  return {
    name: "size-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const startKb = sizeKb(bundle, filesAtStart(bundle));
      const totalKb = sizeKb(bundle, Object.keys(bundle));
      this.info(`start ${String(startKb)} of ${String(budget.startKb)} KB, all ${String(totalKb)} of ${String(budget.totalKb)} KB`);
      if (startKb > budget.startKb) this.error(`the start needs ${String(startKb)} KB, the budget is ${String(budget.startKb)}`);
      if (totalKb > budget.totalKb) this.error(`all needs ${String(totalKb)} KB, the budget is ${String(budget.totalKb)}`);
    },
  };
}

/** The largest of the languages, of which everybody loads one: its module, as it stands in the source. */
const LANGUAGE = /\/i18n\/zh-CN\/index\.ts$/;

/** The entry, a language, what they import statically, and their styles. */
function filesAtStart(bundle: Bundle): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const chunk = bundle[name];
    if (found.has(name) || chunk === undefined) return;
    found.add(name);
    if (chunk.type !== "chunk") return;
    chunk.imports.forEach(visit);
    chunk.viteMetadata?.importedCss.forEach(visit);
  };
  for (const [name, chunk] of Object.entries(bundle)) if (chunk.type === "chunk" && isAtStart(chunk)) visit(name);
  return [...found];
}

function isAtStart({ isEntry, facadeModuleId }: Rollup.OutputChunk): boolean {
  return isEntry || LANGUAGE.test(facadeModuleId ?? "");
}

function sizeKb(bundle: Bundle, names: string[]): number {
  const sizes = names
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => {
      const file = bundle[name];
      if (file === undefined) return 0;
      return gzipSync(file.type === "chunk" ? file.code : file.source).length;
    });
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024);
}

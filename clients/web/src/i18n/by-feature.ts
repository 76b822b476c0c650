/** The texts of a language's files by feature: `./chat.json` has those of `chat`. */
export function byFeature(files: Record<string, object>): Record<string, object> {
  return Object.fromEntries(Object.entries(files).map(([path, texts]) => [path.slice("./".length, -".json".length), texts]));
}

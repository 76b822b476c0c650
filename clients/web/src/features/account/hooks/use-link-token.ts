/** The secret of a link in a letter: it stands behind the `#`, and leaves the address before anybody sees it. */
import { useState } from "react";

export function useLinkToken(): string {
  const [token] = useState(() => window.location.hash.slice(1));
  if (window.location.hash !== "") window.history.replaceState(null, "", window.location.pathname);
  return token;
}

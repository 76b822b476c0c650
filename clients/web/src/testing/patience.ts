/** Lets tests wait longer for what they look for than the usual second: other tests keep the cores busy. */
import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 10_000 });

/** The message of an error, and its remedy if it has one. */
export const words = (error: { readonly message?: string; readonly remedy?: string }): string =>
  [error.message ?? String(error), error.remedy ?? ""].filter((line) => line !== "").join("\n")

/** What settings were read from: its name, and where in it they stand. */
export interface ConfigSource {
  readonly name: string;
  /**
   * @param problem begins with the setting, as in `server.listen: …`
   * @returns the line of the setting, or of the nearest around it; null where there is none, as of what a flag says
   */
  lineOf(problem: string): number | null;
}

/** The name of settings for whoever is given them without their file. `toldOf` puts the file in its place. */
export const CONFIGURATION = 'the configuration';

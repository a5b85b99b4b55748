#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Configuration {
  /// Where the configuration file is looked for when nothing names one.
  public static let standardFile = "./config/api_providers.yaml"

  /// Reads everything the server needs to start.
  ///
  /// Sources in order of precedence: flag, process environment, `.env` file (both in `environment`),
  /// configuration file, default. Throws every mistake that was found. Reads the configuration file; blocks
  /// while it does.
  public static func load(
    flags: ServerFlags, environment: Environment
  ) throws(ConfigurationRefusal) -> Configuration {
    try load(flags: flags, environment: environment, standardFile: standardFile)
  }

  static func load(
    flags: ServerFlags, environment: Environment, standardFile: String
  ) throws(ConfigurationRefusal) -> Configuration {
    let report = Report()
    let settings = SettingReader(environment: flags.applied(to: environment), report: report)
    settings.checkVariables()
    refuseEventFile(settings)
    var used: Set<String> = []
    let file = readFile(settings, standardFile: standardFile, used: &used)
    let standard = readDefaults(settings)
    let boot = BootReader(settings: settings, file: file, isFolder: isFolder, programFolder: programFolder())
      .read()
    guard let standard else {
      // The text is part of the program, so this is for us: a test reads it in every run.
      throw ConfigurationRefusal(errors: report.errors)
    }
    let traffic = TrafficReader(settings: settings, file: file, standard: standard, boot: boot).read()
    showStageVariables(settings, hasPipeline: file?.node("pipeline") != nil, used: used)
    warnAboutUnusedVariables(settings, file: file, used: used)
    try report.throwIfRefused()
    return Configuration(
      boot: boot, traffic: traffic, warnings: settings.environment.warnings + report.warnings,
      settings: report.settings)
  }

  private static func refuseEventFile(_ settings: SettingReader) {
    guard settings.environment["FILE_EVENT_LOG"] != nil else { return }
    let (place, key) = settings.environment.place(of: "FILE_EVENT_LOG")
    settings.report.refuse(
      place, key, "files of captured events are not written yet",
      "leave it out; the log stage writes one line for each exchange")
  }

  private static func readFile(
    _ settings: SettingReader, standardFile: String, used: inout Set<String>
  ) -> Section? {
    let name = settings.environment["API_CONFIG_PATH"]
    let path = name ?? standardFile
    do {
      let text = try BoundedFile.text(path)
      return section(text, file: path, settings, used: &used)
    } catch .missing where name == nil {
      settings.report.resolve("configuration file", "none", from: "default \(standardFile) does not exist")
    } catch .missing {
      let (place, key) = settings.environment.place(of: "API_CONFIG_PATH")
      settings.report.refuse(
        place, key, "the file \(path) does not exist",
        "name an existing file, or leave it out for the built-in OpenAI entry")
    } catch {
      var line = 0
      if case .notUTF8(let number) = error { line = number }
      settings.report.refuse(
        SourceLocation(file: path, line: line), "", "the file \(error.problem)",
        "the configuration is a YAML file in UTF-8")
    }
    return nil
  }

  private static func readDefaults(_ settings: SettingReader) -> Section? {
    var used: Set<String> = []
    return section(DefaultConfiguration.text, file: DefaultConfiguration.file, settings, used: &used)
  }

  private static func section(
    _ text: String, file: String, _ settings: SettingReader, used: inout Set<String>
  ) -> Section? {
    var interpolation = Interpolation { name in settings.interpolated(name) }
    let root = YAMLDocument.read(text, file: file, interpolation: &interpolation, report: settings.report)
    used = interpolation.names
    return root.flatMap { Section($0, path: "", pattern: "", report: settings.report) }
  }

  /// Shows the variables that reach stages through `${…}`, because the settings of stages are not shown.
  private static func showStageVariables(_ settings: SettingReader, hasPipeline: Bool, used: Set<String>) {
    for variable in EnvironmentVariable.stages where !hasPipeline || used.contains(variable.name) {
      let name = variable.name
      let isSet = settings.environment[name] != nil
      settings.report.resolve(
        name, settings.interpolated(name) ?? (variable.standard.isEmpty ? "none" : variable.standard),
        from: isSet ? settings.environment.sourceDescription(of: name) : "default")
    }
  }

  /// Variables that reach the default stages only do nothing beside a pipeline of the file's own.
  private static func warnAboutUnusedVariables(_ settings: SettingReader, file: Section?, used: Set<String>) {
    guard let file, file.node("pipeline") != nil else { return }
    for name in EnvironmentVariable.stageNames.subtracting(used).sorted()
    where settings.environment[name] != nil {
      let (place, key) = settings.environment.place(of: name)
      settings.report.warn(
        place, key,
        "this has no effect: \(file.place.file) has a pipeline of its own that does not use ${\(name)}")
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The folder of the running program; `nil` where the system does not tell.
  static func programFolder() -> String? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0, count < buffer.count else { return nil }
    let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) }
  }
}

extension ServerFlags {
  /// `environment` with the flags on top: a flag wins over the variable of the same meaning.
  func applied(to environment: Environment) -> Environment {
    var result = environment
    result.override("LISTEN_ADDR", with: address, flag: "--addr")
    result.override("DATABASE_PATH", with: database, flag: "--db")
    result.override("LOG_FILE", with: logFile, flag: "--log-file")
    result.override("PID_FILE", with: pidFile, flag: "--pid-file")
    result.override("API_CONFIG_PATH", with: configurationFile, flag: "--config")
    result.override("FILE_EVENT_LOG", with: fileEventLog, flag: "--file-event-log")
    if daemon { result.override("DAEMON", with: "true", flag: "--daemon") }
    if debug {
      result.override("LOG_LEVEL", with: "debug", flag: "--debug")
    } else if let text = environment["DEBUG"], (try? SettingText.boolean(text)) == true {
      // A wrong text is refused when the variables are checked.
      result.override("LOG_LEVEL", with: "debug", flag: "environment DEBUG")
    }
    result.override("LOG_LEVEL", with: logLevel, flag: "--log-level")
    return result
  }
}

extension SettingReader {
  /// What `${name}` stands for: known variables in their one form, others as they are.
  func interpolated(_ name: String) -> String? {
    guard let value = environment[name] else { return nil }
    guard let variable = EnvironmentVariable.named[name] else { return value }
    // A wrong value has been refused by checkVariables; telling it once is enough.
    return try? variable.canonical(value)
  }
}

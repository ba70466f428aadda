// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of the objects, interfaces and errors of runtime §7 and docs/dbus.md,
// for both sides, without any code behind them.

#ifndef STARTON_RUNTIME_CONTROL_UPSTART_H
#define STARTON_RUNTIME_CONTROL_UPSTART_H

namespace starton::control {

constexpr char BusName[] = "com.ubuntu.Upstart";
constexpr char SystemAddress[] = "unix:abstract=/com/ubuntu/upstart";

constexpr char ManagerPath[] = "/com/ubuntu/Upstart";
constexpr char JobsPath[] = "/com/ubuntu/Upstart/jobs/";

constexpr char ManagerInterface[] = "com.ubuntu.Upstart0_6";
constexpr char JobInterface[] = "com.ubuntu.Upstart0_6.Job";
constexpr char InstanceInterface[] = "com.ubuntu.Upstart0_6.Instance";
/// What Upstart does not have, on the manager's object (docs/dbus.md).
constexpr char Init1Interface[] = "org.starton.Init1";
constexpr char PropertiesInterface[] = "org.freedesktop.DBus.Properties";
constexpr char IntrospectableInterface[] =
    "org.freedesktop.DBus.Introspectable";
constexpr char PeerInterface[] = "org.freedesktop.DBus.Peer";

constexpr char UpstartErrorPrefix[] = "com.ubuntu.Upstart0_6.Error.";
constexpr char StandardErrorPrefix[] = "org.freedesktop.DBus.Error.";

/// Elements of start_on and stop_on that are operators.
constexpr char AndOperator[] = "/AND";
constexpr char OrOperator[] = "/OR";

} // namespace starton::control

#endif // STARTON_RUNTIME_CONTROL_UPSTART_H

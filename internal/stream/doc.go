// Package stream carries one session with a pod through the cluster's tunnel: short messages (frames) within a stream of bytes, a
// Buffer that keeps a slow reader of output from blocking the stream, and a Window that keeps a slow reader of input from doing so.
//
// Konnectivity carries all streams of a cluster through a few connections and stalls all of them when one is not read. So every
// stream must be read at once, whether or not its reader here or on the node keeps up: a `less` that waits for its user must not make
// everybody's logs and exec time out (seen in the lab: TestUnreadOutputLeavesTheTunnelAlone, TestUnreadStdinLeavesTheTunnelAlone).
package stream

// Serves pstest, Google's own in-memory Pub/Sub, on an address of our choice until it is told to end. DEFINITIONS is
// replaced by where the version at hand has its protocol buffers.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	pb "DEFINITIONS"
	"cloud.google.com/go/pubsub/pstest"
	"google.golang.org/grpc"
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// It listens on a port of its own choice as well, which nobody uses.
	fake := pstest.NewServer()
	server := grpc.NewServer(grpc.MaxRecvMsgSize(32 << 20))
	pb.RegisterPublisherServer(server, &fake.GServer)
	pb.RegisterSubscriberServer(server, &fake.GServer)
	go server.Serve(listener)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
	server.Stop()
	fake.Close()
}

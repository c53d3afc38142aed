package shop;

public class Main {
}

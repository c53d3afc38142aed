export const revalidate = 60
export default function Page() {
  return <h1>Shop</h1>
}
